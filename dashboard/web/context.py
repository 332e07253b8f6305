"""From a request to what every page knows, and from a template to a response.

What does not live here: which page shows what (route modules) and the template environment (`rendering`).
"""

from dataclasses import replace

from fastapi import Request
from starlette.responses import HTMLResponse, Response

from dashboard.web.languages import LOCALE_COOKIE, N_, Localiser, choose_locale, localiser_for
from dashboard.web.rendering import PageContext, render_template
from dashboard.web.security.viewer import Viewer
from dashboard.web.services import services_of

__all__ = ["TEXT_SIZE_COOKIE", "error_page", "page_context", "page_response", "reader_of"]

TEXT_SIZE_COOKIE = "nuanliu_text"
"""Cookie of the large-text mode: ``large`` or missing."""


def reader_of(request: Request, viewer: Viewer | None) -> Localiser:
    """Return the language and zone somebody reads in: cookie, else account, else the site's default."""
    settings = services_of(request).settings
    wanted = request.cookies.get(LOCALE_COOKIE) or (viewer.locale if viewer is not None else None)
    locale = choose_locale(wanted, default=settings.web.default_locale)
    return localiser_for(locale, settings.site.time_zone)


def page_context(request: Request, viewer: Viewer | None) -> PageContext:
    """Return what every page knows."""
    services = services_of(request)
    localiser = reader_of(request, viewer)
    site = services.settings.site
    query = f"?{request.url.query}" if request.url.query else ""
    return PageContext(
        localiser=localiser,
        now=services.clock.now(),
        site_name=localiser.pick(site.name, site.name_en),
        path=request.url.path + query,
        username="" if viewer is None else viewer.username,
        roles=frozenset() if viewer is None else viewer.roles,
        csrf_token=getattr(request.state, "csrf_token", ""),
        large_text=request.cookies.get(TEXT_SIZE_COOKIE) == "large",
    )


def page_response(
    request: Request, viewer: Viewer | None, template: str, *, status: int = 200, **values: object
) -> HTMLResponse:
    """Return a page or a piece of one. Never cached: pages carry personal data and tokens."""
    body = render_template(page_context(request, viewer), template, **values)
    headers = {"Cache-Control": "no-store", "Vary": "Cookie, HX-Request"}
    return HTMLResponse(body, status, headers=headers)


_ERRORS = {
    401: (N_("请先登录"), N_("登录已过期或尚未登录。")),
    403: (N_("没有权限"), N_("您的角色不能打开这一页。如果工作需要，请联系管理员。")),
    404: (N_("没有这一页"), N_("地址可能有误，或者内容不在您的范围内。")),
    409: (N_("现在不能这样操作"), N_("它的状态刚刚变了。请返回刷新后再试。")),
    422: (N_("请求的内容不对"), N_("地址或表单里有不合适的值，请返回检查。")),
    429: (N_("尝试太频繁"), N_("请一分钟后再试。")),
    503: (N_("暂时不可用"), N_("数据服务正在恢复，请稍后刷新。")),
}
"""Heading and advice by status; other statuses are shown as a failure of ours."""
_FAILED = (N_("出错了"), N_("这次请求没有完成，错误已记录。请稍后再试。"))


def error_page(request: Request, status: int, code: str) -> Response:
    """Render an error for a reader: what it means and what to do; the code is in the log, not on the page."""
    viewer: Viewer | None = getattr(request.state, "viewer", None)
    heading, advice = _ERRORS.get(status, _FAILED)
    page = page_context(request, viewer)
    if request.method != "GET":
        page = replace(page, path="/")
    body = render_template(
        page,
        "web/error.html",
        heading=page.localiser.text(heading),
        advice=page.localiser.text(advice),
        status=status,
    )
    return HTMLResponse(body, status, headers={"Cache-Control": "no-store"})
