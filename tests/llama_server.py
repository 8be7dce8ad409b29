"""llama.cpp's own server with a model from a GGUF file: prints its address and serves until its input ends.

python tests/llama_server.py MODEL.gguf
"""

from __future__ import annotations

import sys

import xllamacpp

CONTEXT_TOKENS = 4096

if __name__ == "__main__":
    params = xllamacpp.CommonParams()
    params.model.path = sys.argv[1]
    params.n_ctx = CONTEXT_TOKENS
    params.n_parallel = 1
    params.cpuparams.n_threads = (
        1  # two wait for each other by spinning, which takes minutes where others use the cores
    )
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()
