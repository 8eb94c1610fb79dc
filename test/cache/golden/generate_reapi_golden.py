"""Writes reapi.json: messages of the Remote Execution API as Python's reference protobuf library encodes them.

The message classes are those that the PyPI wheel `buildstream` (Apache-2.0) carries, made from the API's own
.proto files. Needed only when a case is added:

    pip download --no-deps buildstream==2.8.1 && unzip buildstream-*.whl 'buildstream/_protos/*'
    pip install protobuf googleapis-common-protos
    python generate_reapi_golden.py <folder that now holds buildstream/> > reapi.json

Each case is what the TypeScript encoder is given, in its own terms, with the bytes that must come out.
"""

import hashlib
import json
import sys

sys.path.insert(0, sys.argv[1])

from buildstream._protos.build.bazel.remote.execution.v2 import (  # noqa: E402
    remote_execution_pb2 as reapi,
)

EMPTY = {"hash": hashlib.sha256(b"").hexdigest(), "size": 0}


def digest_of(text, size=None):
    data = text.encode()
    return {"hash": hashlib.sha256(data).hexdigest(), "size": len(data) if size is None else size}


def digest(value):
    return reapi.Digest(hash=value["hash"], size_bytes=value["size"])


def by_bytes(names):
    return sorted(names, key=lambda name: name.encode())


def properties(values):
    pairs = [reapi.Platform.Property(name=name, value=values[name]) for name in by_bytes(values)]
    return reapi.Platform(properties=pairs) if pairs else None


def directory(case):
    key = lambda node: node["name"].encode()  # noqa: E731
    return reapi.Directory(
        files=[
            reapi.FileNode(name=f["name"], digest=digest(f["digest"]), is_executable=f["executable"])
            for f in sorted(case["files"], key=key)
        ],
        directories=[
            reapi.DirectoryNode(name=d["name"], digest=digest(d["digest"]))
            for d in sorted(case["directories"], key=key)
        ],
    )


def command(case):
    variables = case["environmentVariables"]
    return reapi.Command(
        arguments=case["arguments"],
        environment_variables=[
            reapi.Command.EnvironmentVariable(name=name, value=variables[name]) for name in by_bytes(variables)
        ],
        output_paths=by_bytes(set(case["outputPaths"])),
        platform=properties(case["platform"]),
    )


def action(case):
    message = reapi.Action(
        command_digest=digest(case["commandDigest"]),
        input_root_digest=digest(case["inputRootDigest"]),
        platform=properties(case["platform"]),
    )
    if "timeoutSeconds" in case:
        message.timeout.FromMicroseconds(round(case["timeoutSeconds"] * 1_000_000))
    return message


DIGESTS = [EMPTY, digest_of("a"), digest_of("b", 127), digest_of("c", 128), digest_of("d", 5_000_000_000)]
DIGESTS += [digest_of("e", 2**53 - 1)]

DIRECTORIES = [
    {"files": [], "directories": []},
    {"files": [{"name": "a", "digest": EMPTY, "executable": False}], "directories": []},
    {
        "files": [
            {"name": "run.sh", "digest": digest_of("x"), "executable": True},
            {"name": "README", "digest": digest_of("y"), "executable": False},
            # UTF-16 order puts the second before the first, byte order doesn't.
            {"name": "\uff5e", "digest": digest_of("z"), "executable": False},
            {"name": "\U0001f600", "digest": digest_of("z"), "executable": False},
            {"name": "ü" * 70, "digest": digest_of("z"), "executable": False},
        ],
        "directories": [
            {"name": "b", "digest": EMPTY},
            {"name": "B", "digest": digest_of("q")},
            {"name": "a.b", "digest": digest_of("q")},
            {"name": "a", "digest": digest_of("q")},
        ],
    },
]

COMMANDS = [
    {"arguments": [], "environmentVariables": {}, "outputPaths": [], "platform": {}},
    {
        "arguments": ["python3", "tools/export.py", "", "--name=ü\U0001f600"],
        "environmentVariables": {"PATH": "/usr/bin", "LANG": "C", "EMPTY": "", "a": "1", "Z": "2"},
        "outputPaths": ["out/b", "out/a.onnx", "out/a", "out/b", "out"],
        "platform": {},
    },
    {
        "arguments": ["x" * 300],
        "environmentVariables": {},
        "outputPaths": ["out"],
        "platform": {"tool:python": "3.11", "device": "", "OSFamily": "linux"},
    },
]

ACTIONS = [
    {"commandDigest": digest_of("c"), "inputRootDigest": EMPTY, "platform": {}},
    {"commandDigest": digest_of("c"), "inputRootDigest": digest_of("r"), "timeoutSeconds": 3600, "platform": {}},
    {"commandDigest": digest_of("c"), "inputRootDigest": digest_of("r"), "timeoutSeconds": 0, "platform": {}},
    {"commandDigest": digest_of("c"), "inputRootDigest": digest_of("r"), "timeoutSeconds": 1.5, "platform": {}},
    {
        "commandDigest": digest_of("c"),
        "inputRootDigest": digest_of("r"),
        "timeoutSeconds": 0.25,
        "platform": {"tool:g++": "12.2.0", "soc": "SM8650", "Ab": "1", "aB": "2"},
    },
]


def cases(inputs, build):
    return [{"message": case, "hex": build(case).SerializeToString(deterministic=True).hex()} for case in inputs]


json.dump(
    {
        "digest": cases(DIGESTS, digest),
        "directory": cases(DIRECTORIES, directory),
        "command": cases(COMMANDS, command),
        "action": cases(ACTIONS, action),
    },
    sys.stdout,
    indent=1,
)
print()
