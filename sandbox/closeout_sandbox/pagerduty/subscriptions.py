"""The REST API for webhook subscriptions: make one, look at it, switch it on again, have it send a test event."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from closeout_sandbox import clock
from closeout_sandbox.pagerduty import gate
from closeout_sandbox.pagerduty.directory import base36
from closeout_sandbox.pagerduty.gate import Answered, checked_body, checked_query, page_of
from closeout_sandbox.pagerduty.rest import Handler, Rest
from closeout_sandbox.store import Doc

SUBSCRIPTION = "/webhook_subscriptions/{id}"


def view(rest: Rest, subscription: Doc, secret: str | None = None) -> Doc:
    """The secret is told once, in the answer that made the subscription; header values never again."""
    headers = [{"name": one["name"], "value": "<redacted>"} for one in subscription["custom_headers"]]
    return {
        "id": subscription["id"],
        "type": "webhook_subscription",
        "active": True,
        "description": subscription["description"],
        "events": subscription["events"] or ["incident.*"],
        "filter": subscription["filter"],
        "delivery_method": {
            "id": f"{subscription['id']}D",
            "type": "http_delivery_method",
            "url": subscription["url"],
            "secret": secret,
            "temporarily_disabled": rest.pagerduty.sender.is_disabled(subscription),
            "custom_headers": headers,
        },
    }


async def list_subscriptions(rest: Rest, request: Request) -> Response:
    checked_query(request, "GET /webhook_subscriptions")
    found = [view(rest, one) for one in rest.pagerduty.sender.subscriptions()]
    return JSONResponse(page_of(request, "webhook_subscriptions", found))


async def create(rest: Rest, request: Request) -> Response:
    given = (await checked_body(request, "POST /webhook_subscriptions"))["webhook_subscription"]
    if given["filter"]["type"] != "account_reference" and not given["filter"].get("id"):
        raise Answered(gate.invalid("filter.id is required for this filter type"))
    method = given["delivery_method"]
    secret = base36(rest.directory.number("secret"), 64)
    made = rest.pagerduty.sender.subscribe(
        method["url"],
        [secret],
        events=given["events"],
        custom_headers=method.get("custom_headers", []),
        description=given.get("description", ""),
        filter=given["filter"],
    )
    return JSONResponse({"webhook_subscription": view(rest, made, secret)})


async def get(rest: Rest, request: Request) -> Response:
    found = rest.pagerduty.sender.subscription(request.path_params["id"])
    return JSONResponse({"webhook_subscription": view(rest, found)})


async def delete(rest: Rest, request: Request) -> Response:
    rest.pagerduty.sender.unsubscribe(rest.pagerduty.sender.subscription(request.path_params["id"])["id"])
    return Response(status_code=204)


async def enable(rest: Rest, request: Request) -> Response:
    return JSONResponse({"webhook_subscription": view(rest, rest.pagerduty.sender.enable(request.path_params["id"]))})


async def ping(rest: Rest, request: Request) -> Response:
    subscription = rest.pagerduty.sender.subscription(request.path_params["id"])
    event = {
        "id": "01" + base36(rest.directory.number("event"), 24),
        "event_type": "pagey.ping",
        "resource_type": "pagey",
        "occurred_at": clock.millis(clock.now()),
        "agent": None,
        "client": None,
        "data": {"message": "Hello from your friend Pagey!", "type": "ping"},
    }
    rest.pagerduty.sender.queue(subscription, event, "pagey")
    return Response(status_code=202)


ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", "/webhook_subscriptions", list_subscriptions),
    ("POST", "/webhook_subscriptions", create),
    ("GET", SUBSCRIPTION, get),
    ("DELETE", SUBSCRIPTION, delete),
    ("POST", SUBSCRIPTION + "/enable", enable),
    ("POST", SUBSCRIPTION + "/ping", ping),
]
