"""The web application. The only place where things are wired."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from litestar import Litestar, Response, get
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State as AppState
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.openapi import OpenAPIConfig

from schemas.codes import Problem
from server.admission import Admission
from server.company import OpenCompany
from server.daily import keep_days
from server.doors import AnyRequest
from server.identity.sessions import Brake
from server.notify.senders import senders_of
from server.notify.worker import Notifier
from server.paper.render import PaperPress
from server.problems import ProblemError
from server.routes import (
    attachments,
    board,
    cases,
    control,
    customers,
    deposits,
    devices,
    follow_up,
    grants,
    imports,
    missing,
    notices,
    office,
    papers,
    policy,
    proofs,
    public,
    release,
    rescue,
    suspense,
    sync,
)

log = logging.getLogger("sanad")

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self';"
    " worker-src 'self' blob:; media-src 'self' blob:;"
    " frame-src blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
LAST_MESSAGE_SECONDS = 3.0
"""How long a server that is stopped waits for the message to a customer that is just on its way."""
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), geolocation=(self), serial=(self)",
}
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
    ".wasm": "application/wasm",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
}


def create_app(company: OpenCompany, local_token: str = "", *, warm: bool = False) -> Litestar:
    """The application for one open company. local_token: what the command line shows at the local socket.
    warm: load the press's fonts at the start, for a server that people wait for."""
    press = PaperPress()
    notifier = Notifier(company, senders_of(company.settings))

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        if warm:
            press.start()  # the first customer at the counter does not wait for the fonts
        telling = asyncio.create_task(notifier.run())
        beside = [asyncio.create_task(company.follow()), asyncio.create_task(keep_days(company)), telling]
        yield
        notifier.stop()
        await asyncio.wait([telling], timeout=LAST_MESSAGE_SECONDS)
        for task in beside:
            task.cancel()
        await asyncio.wait(beside, timeout=LAST_MESSAGE_SECONDS)
        press.close()
        await company.stop_reading()

    return Litestar(
        route_handlers=[
            sync.push,
            sync.pull,
            sync.stream,
            control.control,
            rescue.rescue,
            grants.take_grants,
            attachments.keep,
            attachments.fetch,
            devices.peek,
            devices.enrol,
            devices.device_challenge,
            devices.device_session,
            devices.log_in,
            devices.renew,
            office.users,
            office.save_user,
            office.revoke_user,
            office.make_code,
            office.devices,
            office.revoke_device,
            release.release_code,
            office.books,
            office.give_book,
            office.assign,
            imports.import_file,
            board.board,
            board.flags,
            board.plan,
            board.set_plan,
            board.void_requests,
            board.approve_void,
            board.refuse_void,
            board.reverse,
            suspense.suspense,
            missing.report,
            missing.missing_vouchers,
            missing.rebuild,
            suspense.release,
            suspense.reject,
            customers.customers,
            customers.aging,
            deposits.deposits,
            deposits.deposit,
            papers.voucher_paper,
            papers.deposit_slip,
            papers.statement,
            public.health,
            public.verify,
            notices.notifying,
            notices.switch,
            notices.of_voucher,
            cases.cases,
            cases.answer,
            proofs.proofs,
            follow_up.promises,
            follow_up.targets,
            follow_up.set_target,
            follow_up.day_reports,
            policy.policy,
            policy.set_policy,
            application_file,
        ],
        state=AppState(
            {
                "company": company,
                "brake": Brake(),
                "admission": Admission(),
                "press": press,
                "local_token": local_token or secrets.token_urlsafe(32),
                "pwa": company.settings.pwa,
                "notifier": notifier,
            }
        ),
        lifespan=[lifespan],
        exception_handlers={ProblemError: answer_problem, HTTPException: answer_http, Exception: answer_unexpected},
        compression_config=CompressionConfig(backend="brotli", brotli_quality=5, brotli_gzip_fallback=True,
                                             minimum_size=600,
                                             exclude=["/api/v1/sync/"]),
        logging_config=None,
        openapi_config=OpenAPIConfig(title="Sanad", version="1", render_plugins=[]),
        request_max_body_size=32 * 1024 * 1024,
    )  # fmt: skip


def answer_problem(_request: AnyRequest, problem: ProblemError) -> Response[bytes]:
    return Response(
        problem.body(),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=problem.headers(),
    )


def answer_http(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    """What the framework refuses, in our one shape."""
    if isinstance(error, NotFoundException | MethodNotAllowedException):
        return answer_problem(request, ProblemError(Problem.NOT_FOUND, error.detail))
    code = Problem.TOO_LARGE if error.status_code == 413 else Problem.MALFORMED
    facts: dict[str, Any] = {"where": error.extra} if error.extra else {}
    return answer_problem(request, ProblemError(code, error.detail, **facts))


def answer_unexpected(request: AnyRequest, error: Exception) -> Response[bytes]:
    """A fault of ours: logged whole, told without its inside. Only text nested beyond reason is the sender's."""
    if isinstance(error, RecursionError) and "deserializing" in str(error):
        return answer_problem(request, ProblemError(Problem.MALFORMED, "nested too deeply"))
    log.error("unexpected at %s %s", request.method, request.url.path, exc_info=error)
    return answer_problem(request, ProblemError(Problem.UNEXPECTED, type(error).__name__))


@get(["/", "/{path:path}"], include_in_schema=False)
async def application_file(request: AnyRequest) -> Response[bytes]:
    """The built PWA, byte for byte. Any other path is a screen of the application and gets its one page."""
    name = str(request.path_params.get("path", "")).strip("/")
    if name.startswith("api/"):
        raise ProblemError(Problem.NOT_FOUND, "no such call")
    root: Path = request.app.state.pwa
    file = (root / name) if name else root / "index.html"
    read = await asyncio.to_thread(_read_inside, root, file)
    if read is None:
        file = root / "index.html"
        read = await asyncio.to_thread(_read_inside, root, file)
    if read is None:
        raise ProblemError(Problem.NOT_FOUND, "the application is not built; run `make pwa`")
    hashed = name.startswith("assets/")
    caching = "public, max-age=31536000, immutable" if hashed else "no-cache"
    return Response(
        read,
        media_type=TYPES.get(file.suffix, "application/octet-stream"),
        headers={**SECURITY_HEADERS, "Cache-Control": caching},
    )


def _read_inside(root: Path, file: Path) -> bytes | None:
    """The file's bytes, or None when it is not there or lies outside the application."""
    try:
        inside = file.is_file() and file.resolve().is_relative_to(root.resolve())
        return file.read_bytes() if inside else None
    except OSError:  # a name too long for any file
        return None
