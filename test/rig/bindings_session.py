"""Drives an installed library through its Python bindings: BINDINGS LIBRARY QNN_LIBS MODEL."""

from __future__ import annotations

import importlib.util
import sys
import threading
from typing import Any


def load_bindings(path: str) -> Any:
    """The module that lies in a file."""
    spec = importlib.util.spec_from_file_location("rwkv_qnn", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path} is no module")
    module = importlib.util.module_from_spec(spec)
    sys.modules["rwkv_qnn"] = module
    spec.loader.exec_module(module)
    return module


def expect(holds: bool, sentence: str) -> None:
    """Ends the program where a sentence does not hold."""
    if not holds:
        raise SystemExit(f"it does not hold that {sentence}")


def main(bindings: str, library: str, qnn_libs: str, path: str) -> None:
    """Everything that the bindings can do, once."""
    rwkv = load_bindings(bindings)
    try:
        rwkv.Model(qnn_libs, "nowhere_chunk1of1.bin", library=library)
    except rwkv.RwkvError as error:
        expect(error.number == 2 and "nowhere_chunk1of1.bin" in str(error), "a missing file is named")
    else:
        raise SystemExit("a missing file was no error")

    with rwkv.Model(qnn_libs, path, library=library) as model:
        info, session, tokenizer = model.info, model.session(), model.tokenizer("byte")
        expect(info.vocabulary == 256 and info.layers > 0 and info.soc_id > 0, "the model describes itself")
        tokens = tokenizer.encode("It was a ")
        expect(tokenizer.decode(tokens) == b"It was a ", "tokens become their text again")
        expect(list(tokenizer.encode("")) == [], "nothing has no tokens")
        session.prefill([tokenizer.begin, *tokens])
        logits = session.logits
        expect(len(logits) == info.vocabulary, "there is a logit for each token")

        saved, fork = session.save_state(), session.fork()
        sampling = rwkv.Sampling(top_p=0.5, seed=3)
        text = "".join(session.generate(tokenizer, sampling, limit=12))
        expect(
            text != "" and text == "".join(fork.generate(tokenizer, sampling, limit=12)),
            "a fork says the same",
        )
        session.load_state(saved)
        expect(session.logits == logits, "a loaded state has the logits that were saved")
        stop = text[3]
        stopped = "".join(session.generate(tokenizer, sampling, limit=12, stops=[stop]))
        expect(stopped == text[: text.index(stop)], "text ends before a stop string")

        session.load_state(saved)
        sampler = session.sampler(rwkv.Sampling())
        sampler.set_mask([token == 65 for token in range(256)])
        expect(session.sample(sampler) == 65, "a mask is kept")

        threading.Timer(0.2, session.cancel).start()
        try:
            session.prefill([66] * 100_000)
        except rwkv.RwkvError as error:
            expect(error.number == 8, "a cancelled call says so")
        else:
            raise SystemExit("nothing cancelled 100000 tokens")
        expect(session.statistics.step_tokens > 0, "the statistics count")
        session.decode(67)
    print(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
