"""The RWKV versions that can be built. A new one is a layout, a reference, a graph file, and their lines.

Each file is imported only when asked for, so that a tool needs only the ones it uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rwkv.tool_failure import InputError

if TYPE_CHECKING:
    from rwkv.model_protocols import AddLayers, Layout, Reference
    from rwkv.weight_folder import WeightFolder

# What `recognise_version` says -> the arch that configurations name.
ARCHES = {"5.1": "rwkv5", "5.2": "rwkv5", "6": "rwkv6", "7": "rwkv7", "7a": "rwkv7a"}


def arch_of_version(file: object, version: str) -> str:
    """The arch of a recognised version; raises `InputError` for one that cannot be built."""
    if version in ARCHES:
        return ARCHES[version]
    supported = ", ".join(f"v{known}" for known in ARCHES)
    raise InputError(
        str(file),
        f"recognised as RWKV v{version}, which cannot be built",
        f"give the weights of one of RWKV {supported}",
    )


def layout_of(arch: str) -> Layout:
    """How checkpoints of this arch are laid out."""
    if arch == "rwkv5":
        from rwkv import rwkv5_layout

        return rwkv5_layout
    if arch == "rwkv6":
        from rwkv import rwkv6_layout

        return rwkv6_layout
    if arch == "rwkv7":
        from rwkv import rwkv7_layout

        return rwkv7_layout
    if arch == "rwkv7a":
        from rwkv import rwkv7a_layout

        return rwkv7a_layout
    raise unknown(arch)


def reference_of(weights: WeightFolder) -> Reference:
    """The numpy oracle, with the folder's weights and their initial state."""
    if weights.config.arch == "rwkv5":
        from rwkv.rwkv5_reference import Rwkv5Reference

        return Rwkv5Reference(weights)
    if weights.config.arch == "rwkv6":
        from rwkv.rwkv6_reference import Rwkv6Reference

        return Rwkv6Reference(weights)
    if weights.config.arch == "rwkv7":
        from rwkv.rwkv7_reference import Rwkv7Reference

        return Rwkv7Reference(weights)
    if weights.config.arch == "rwkv7a":
        from rwkv.rwkv7a_reference import Rwkv7aReference

        return Rwkv7aReference(weights)
    raise unknown(weights.config.arch)


def layers_of(arch: str) -> AddLayers:
    """What adds the layers of this arch to a graph."""
    if arch == "rwkv5":
        from rwkv import rwkv5_graph

        return rwkv5_graph.add_layers
    if arch == "rwkv6":
        from rwkv import rwkv6_graph

        return rwkv6_graph.add_layers
    if arch == "rwkv7":
        from rwkv import rwkv7_graph

        return rwkv7_graph.add_layers
    if arch == "rwkv7a":
        from rwkv import rwkv7a_graph

        return rwkv7a_graph.add_layers
    raise unknown(arch)


def unknown(arch: str) -> InputError:
    """The error for a configuration that names something else."""
    known = ", ".join(dict.fromkeys(ARCHES.values()))
    return InputError(
        "config.json",
        f"the arch {arch!r} is not one of {known}",
        "make the folder again with write_weights.py",
    )
