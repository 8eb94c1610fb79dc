"""What the stage tools share: weights, one file per RWKV version, graphs, quantisation, DLCs."""
