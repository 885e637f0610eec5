"""The least that a Litestar handler can do, served as Sanad serves itself: what a pull is measured against.

python -m bench.bare PORT
"""

import sys

import uvicorn
import uvloop
from litestar import Litestar, MediaType, Response, get

BODY = b'{"epoch":"1","cursor":"MTIzNDUuNDYxMTY4NjAxODQyNzM4NzkwNC4xMjM0NTY3ODkwMTI","position":12345,"changes":[]}'


@get("/bare", media_type=MediaType.JSON)
async def bare() -> Response[bytes]:
    return Response(BODY, media_type=MediaType.JSON)


if __name__ == "__main__":
    app = Litestar([bare], logging_config=None, openapi_config=None)
    config = uvicorn.Config(app, port=int(sys.argv[1]), log_level="warning", access_log=False, server_header=False)
    uvloop.run(uvicorn.Server(config).serve())
