"""Writes `src/loupe_gateway/openapi.json` from the contracts; with `--check` says whether it is fresh.

A tool of the repository: it compiles the contracts with their comments, which generated code does not keep.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from google.protobuf import descriptor_pb2
from grpc_tools import protoc

from loupe_gateway import openapi
from loupe_gateway.app import OPENAPI_FILE

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "protos"))
import generate  # noqa: E402 - the generator of the stubs is a script, not a package


def compile_contracts() -> list[descriptor_pb2.FileDescriptorProto]:
    """Returns the contracts with their comments."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "contracts.binpb"
        includes = [f"--proto_path={path}" for path in generate.include_paths()]
        files = [str(path) for path in generate.contract_files()]
        if protoc.main(["protoc", *includes, "--include_source_info", f"--descriptor_set_out={target}", *files]):
            raise SystemExit("openapi: a contract does not compile, see above")
        return list(descriptor_pb2.FileDescriptorSet.FromString(target.read_bytes()).file)


def main() -> None:
    """Renders, then writes or compares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if openapi.json is out of date")
    check = parser.parse_args().check
    text = json.dumps(openapi.render(compile_contracts()), indent=1, ensure_ascii=False) + "\n"
    if not check:
        OPENAPI_FILE.write_text(text, encoding="utf-8")
    elif not OPENAPI_FILE.is_file() or OPENAPI_FILE.read_text(encoding="utf-8") != text:
        raise SystemExit("openapi.json is out of date, run `make protos` and commit")
    print(f"openapi: {len(json.loads(text)['paths'])} paths, {'up to date' if check else 'written'}")


if __name__ == "__main__":
    main()
