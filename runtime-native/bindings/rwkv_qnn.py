"""RWKV on Qualcomm's HTP from Python: librwkv_qnn.so by ctypes, in this one file.

    with Model("onnxruntime_qnn", "out/mine/a16w8/SM8650", library="librwkv_qnn.so") as model:
        session, tokenizer = model.session(), model.tokenizer("byte")
        session.prefill([tokenizer.begin, *tokenizer.encode("It was a ")])
        for text in session.generate(tokenizer, Sampling(top_p=0.5), limit=100):
            print(text, end="", flush=True)

Every failure of the library is a RwkvError with its number and words. rwkv_qnn.h says what functions do;
their names here lack the prefix. Logits are `array.array("f")`, which numpy takes without a copy.
"""

from __future__ import annotations

import array
import ctypes
from collections.abc import Iterator, Sequence
from ctypes import (
    POINTER,
    byref,
    c_char,
    c_char_p,
    c_double,
    c_float,
    c_int,
    c_size_t,
    c_uint8,
    c_uint32,
    c_uint64,
    c_void_p,
)
from dataclasses import dataclass, fields
from types import TracebackType
from typing import Any


class RwkvError(Exception):
    """What the library said: `number` is one of the enum rwkv_qnn_error."""

    def __init__(self, number: int, words: str) -> None:
        super().__init__(words)
        self.number = number


#: In the order of the enum rwkv_qnn_backend.
BACKENDS = ("htp", "cpu", "gpu")


class _ModelOptions(ctypes.Structure):
    _fields_ = (
        ("size", c_size_t),
        ("qnn_libs", c_char_p),
        ("path", c_char_p),
        ("embedding", c_char_p),
        ("initial_state", c_char_p),
        ("performance", c_char_p),
        ("backend", c_int),
        ("soc_id", c_uint32),
    )


class ModelInfo(ctypes.Structure):
    """rwkv_qnn_model_info."""

    vocabulary: int
    layers: int
    prefill_tokens: int
    sequences: int
    soc_id: int
    htp_arch: int
    context_bytes: int
    has_performance_vote: int
    shares_spill_fill: int
    spill_fill_bytes: int
    backend: int
    _fields_ = (
        ("size", c_size_t),
        ("vocabulary", c_size_t),
        ("layers", c_size_t),
        ("prefill_tokens", c_size_t),
        ("sequences", c_size_t),
        ("soc_id", c_uint32),
        ("htp_arch", c_uint32),
        ("context_bytes", c_uint64),
        ("has_performance_vote", c_uint32),
        ("shares_spill_fill", c_uint32),
        ("spill_fill_bytes", c_uint64),
        ("backend", c_int),
    )


class Statistics(ctypes.Structure):
    """rwkv_qnn_session_statistics."""

    block_tokens: int
    step_tokens: int
    running_seconds: float
    executing_seconds: float
    tensor_bytes: int
    shared_tensors: int
    _fields_ = (
        ("size", c_size_t),
        ("block_tokens", c_uint64),
        ("step_tokens", c_uint64),
        ("running_seconds", c_double),
        ("executing_seconds", c_double),
        ("tensor_bytes", c_uint64),
        ("shared_tensors", c_uint64),
    )


class _SamplerOptions(ctypes.Structure):
    _fields_ = (
        ("size", c_size_t),
        ("temperature", c_double),
        ("top_k", c_size_t),
        ("top_p", c_double),
        ("min_p", c_double),
        ("typical_p", c_double),
        ("presence_penalty", c_double),
        ("frequency_penalty", c_double),
        ("penalty_decay", c_double),
        ("seed", c_uint64),
    )


@dataclass(frozen=True)
class Sampling:
    """What to draw by; as rwkv_qnn_sampler_options, with its defaults."""

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    typical_p: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    penalty_decay: float = 1.0
    seed: int = 0


class _Library:
    """The functions with their types; those that return an error raise it."""

    def __init__(self, path: str) -> None:
        self._functions = ctypes.CDLL(path)
        for name in ("get_last_error", "get_version", "get_qnn_version"):
            self.raw(name).restype = c_char_p
        for name in ("tokenizer_get_begin", "tokenizer_get_end"):
            self.raw(name).restype = c_uint32
            self.raw(name).argtypes = [c_void_p]
        for name in (
            "model_free",
            "session_free",
            "tokenizer_free",
            "text_stream_free",
            "sampler_free",
            "session_cancel",
        ):
            self.raw(name).restype = None
            self.raw(name).argtypes = [c_void_p]

    def raw(self, name: str) -> Any:
        return getattr(self._functions, f"rwkv_qnn_{name}")

    def call(self, name: str, *arguments: object) -> None:
        number = int(self.raw(name)(*arguments))
        if number != 0:
            raise RwkvError(number, self.raw("get_last_error")().decode())


class _Handle:
    """An opaque pointer, freed once: at the end of a `with`, or when nobody refers to it."""

    _free = ""

    def __init__(self, library: _Library, pointer: c_void_p) -> None:
        self._library, self._pointer = library, pointer

    def close(self) -> None:
        pointer, self._pointer = self._pointer, c_void_p()
        if pointer:
            self._library.raw(self._free)(pointer)

    def __del__(self) -> None:
        if hasattr(self, "_pointer"):
            self.close()

    def __enter__(self) -> Any:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _made(library: _Library, name: str, *arguments: object) -> c_void_p:
    """The handle that a function writes to its last argument."""
    pointer = c_void_p()
    library.call(name, *arguments, byref(pointer))
    return pointer


@dataclass(frozen=True)
class ModelOptions:
    """What a model has beside its contexts, and on what it runs: fields of rwkv_qnn_model_options."""

    embedding: str | None = None
    initial_state: str | None = None
    backend: str = "htp"
    soc_id: int = 0


class Model(_Handle):
    _free = "model_free"

    def __init__(
        self,
        qnn_libs: str,
        path: str,
        *,
        options: ModelOptions | None = None,
        library: str = "librwkv_qnn.so",
    ) -> None:
        chosen = options or ModelOptions()
        functions = _Library(library)
        struct = _ModelOptions()
        functions.raw("model_options_init")(byref(struct), c_size_t(ctypes.sizeof(struct)))
        struct.qnn_libs, struct.path = qnn_libs.encode(), path.encode()
        struct.embedding = chosen.embedding.encode() if chosen.embedding is not None else None
        struct.initial_state = chosen.initial_state.encode() if chosen.initial_state is not None else None
        struct.backend, struct.soc_id = BACKENDS.index(chosen.backend), chosen.soc_id
        super().__init__(functions, _made(functions, "model_init", byref(struct)))

    def set_performance(self, performance: str) -> None:
        """Vote for other clocks than "burst"; "system_settings" lets the HTP rest."""
        self._library.call("model_set_performance", self._pointer, performance.encode())

    @property
    def info(self) -> ModelInfo:
        info = ModelInfo(size=ctypes.sizeof(ModelInfo))
        self._library.call("model_get_info", self._pointer, byref(info))
        return info

    @property
    def version(self) -> str:
        return str(self._library.raw("get_version")().decode())

    def session(self) -> Session:
        return Session(
            self._library, _made(self._library, "session_init", self._pointer), self.info.vocabulary
        )

    def tokenizer(self, name: str | None = None) -> Tokenizer:
        """By its name, or the one that the model's pack or folder names."""
        if name is None:
            return Tokenizer(self._library, _made(self._library, "tokenizer_init_of_model", self._pointer))
        return Tokenizer(self._library, _made(self._library, "tokenizer_init", name.encode()))


class Tokenizer(_Handle):
    _free = "tokenizer_free"

    @property
    def begin(self) -> int:
        return int(self._library.raw("tokenizer_get_begin")(self._pointer))

    @property
    def end(self) -> int:
        return int(self._library.raw("tokenizer_get_end")(self._pointer))

    def encode(self, text: str | bytes) -> array.array[int]:
        data = text.encode() if isinstance(text, str) else text
        room, count = (c_uint32 * len(data))(), c_size_t()
        self._library.call(
            "tokenizer_encode_text",
            self._pointer,
            data,
            c_size_t(len(data)),
            room,
            c_size_t(len(data)),
            byref(count),
        )
        tokens = array.array("I")
        tokens.frombytes(memoryview(room).cast("B")[: 4 * count.value])
        return tokens

    def decode(self, tokens: Sequence[int]) -> bytes:
        text, size, parts = POINTER(c_char)(), c_size_t(), []
        for token in tokens:
            self._library.call(
                "tokenizer_decode_token", self._pointer, c_uint32(token), byref(text), byref(size)
            )
            parts.append(ctypes.string_at(text, size.value))
        return b"".join(parts)


def open_tokenizer(name: str, *, library: str = "librwkv_qnn.so") -> Tokenizer:
    """A tokenizer without a model: "byte", "abc", "midi", or "world:FILE"."""
    functions = _Library(library)
    return Tokenizer(functions, _made(functions, "tokenizer_init", name.encode()))


class Sampler(_Handle):
    _free = "sampler_free"

    def __init__(self, library: _Library, sampling: Sampling) -> None:
        options = _SamplerOptions()
        library.raw("sampler_options_init")(byref(options), c_size_t(ctypes.sizeof(options)))
        for field in fields(sampling):
            setattr(options, field.name, getattr(sampling, field.name))
        super().__init__(library, _made(library, "sampler_init", byref(options)))

    def set_mask(self, allowed: Sequence[bool]) -> None:
        flags = (c_uint8 * len(allowed))(*allowed)
        self._library.call("sampler_set_mask", self._pointer, flags, c_size_t(len(allowed)))


class Session(_Handle):
    _free = "session_free"

    def __init__(self, library: _Library, pointer: c_void_p, vocabulary: int) -> None:
        super().__init__(library, pointer)
        self._vocabulary = vocabulary

    def prefill(self, tokens: Sequence[int]) -> None:
        self._library.call(
            "session_prefill", self._pointer, (c_uint32 * len(tokens))(*tokens), c_size_t(len(tokens))
        )

    def decode(self, token: int) -> None:
        self._library.call("session_decode", self._pointer, c_uint32(token))

    @property
    def logits(self) -> array.array[float]:
        """A copy of what the model says of the next token: [vocabulary]."""
        values = POINTER(c_float)()
        self._library.call("session_get_logits", self._pointer, byref(values))
        return array.array("f", ctypes.string_at(values, 4 * self._vocabulary))

    def sampler(self, sampling: Sampling) -> Sampler:
        return Sampler(self._library, sampling)

    def sample(self, sampler: Sampler) -> int:
        token = c_uint32()
        self._library.call("session_sample", self._pointer, sampler._pointer, byref(token))
        return token.value

    def reset(self) -> None:
        self._library.call("session_reset", self._pointer)

    def fork(self) -> Session:
        return Session(self._library, _made(self._library, "session_fork", self._pointer), self._vocabulary)

    def save_state(self) -> bytes:
        size = c_size_t()
        self._library.call("session_save_state", self._pointer, None, c_size_t(0), byref(size))
        buffer = ctypes.create_string_buffer(size.value)
        self._library.call("session_save_state", self._pointer, buffer, size, byref(size))
        return buffer.raw

    def load_state(self, saved: bytes) -> None:
        self._library.call("session_load_state", self._pointer, saved, c_size_t(len(saved)))

    def cancel(self) -> None:
        """From another thread."""
        self._library.raw("session_cancel")(self._pointer)

    @property
    def statistics(self) -> Statistics:
        statistics = Statistics(size=ctypes.sizeof(Statistics))
        self._library.call("session_get_statistics", self._pointer, byref(statistics))
        return statistics

    def generate(
        self, tokenizer: Tokenizer, sampling: Sampling, *, limit: int, stops: Sequence[str] = ()
    ) -> Iterator[str]:
        """Text as it comes, in whole characters, until the end, a stop string or the limit of tokens."""
        sampler = self.sampler(sampling)
        words = (c_char_p * len(stops))(*(stop.encode() for stop in stops))
        stream = _TextStream(
            self._library,
            _made(self._library, "text_stream_init", tokenizer._pointer, words, c_size_t(len(stops))),
        )
        for _ in range(limit):
            token = self.sample(sampler)
            if token == tokenizer.end:
                break
            text, stopped = stream.push(token)
            if text:
                yield text
            if stopped:
                return
            self.decode(token)
        rest = stream.finish()
        if rest:
            yield rest


class _TextStream(_Handle):
    _free = "text_stream_free"

    def push(self, token: int) -> tuple[str, bool]:
        text, size, stopped = POINTER(c_char)(), c_size_t(), c_int()
        self._library.call(
            "text_stream_push", self._pointer, c_uint32(token), byref(text), byref(size), byref(stopped)
        )
        return ctypes.string_at(text, size.value).decode(), stopped.value != 0

    def finish(self) -> str:
        text, size = POINTER(c_char)(), c_size_t()
        self._library.call("text_stream_finish", self._pointer, byref(text), byref(size))
        return ctypes.string_at(text, size.value).decode()
