"""Who asks, and what a workspace sorts its conversations with: teammates, teams, tags and attributes."""

from sandbox.http import Answer, Json
from sandbox.intercom.request import Request


def me(request: Request) -> Answer:
    world = request.world
    app = {
        "type": "app",
        "id_code": world.app_id,
        "name": "Acme",
        "created_at": 1_700_000_000,
        "identity_verification": False,
        "timezone": "Europe/Berlin",
        "region": world.region,
    }
    return Answer(_admin(world.agents[0]) | {"email_verified": True, "app": app})


def admins(request: Request) -> Answer:
    return Answer({"type": "admin.list", "admins": [_admin(agent) for agent in request.world.agents]})


def teams(request: Request) -> Answer:
    told = [
        {"type": "team", "id": str(number), "name": name, "admin_ids": []}
        for number, name in request.world.teams.items()
    ]
    return Answer({"type": "team.list", "teams": told})


def tags(request: Request) -> Answer:
    names = sorted({tag for one in request.world.conversations.values() for tag in one.tags})
    told = [{"type": "tag", "id": name.encode().hex(), "name": name} for name in names]
    return Answer({"type": "list", "data": told})


def attributes(request: Request) -> Answer:
    told = [
        {
            "type": "conversation_attribute",
            "id": number,
            "name": name,
            "description": "",
            "data_type": "list" if values else "string",
            "required": False,
            "archived": False,
            "options": [
                {"id": f"{number}-{place}", "label": label, "archived": False} for place, label in enumerate(values)
            ],
        }
        for number, (name, values) in enumerate(request.world.attributes.items(), start=1)
    ]
    return Answer({"type": "list", "data": told})


def macros(request: Request) -> Answer:
    size = request.number("per_page", 50, largest=150)
    told = [
        {"type": "macro", "id": str(number), "name": name, "body": body, "visible_to": "everyone"}
        for number, (name, body) in enumerate(request.world.macros.items(), start=1)
    ]
    start = int(request.text("starting_after") or 0)
    pages: Json = {"type": "pages", "per_page": size}
    if start + size < len(told):
        pages["next"] = {"starting_after": str(start + size)}
    return Answer({"type": "list", "data": told[start : start + size], "pages": pages})


def _admin(name: str) -> Json:
    mailbox = name.lower().replace(" ", ".")
    return {
        "type": "admin",
        "id": str(991_000 + len(name)),
        "name": name,
        "email": f"{mailbox}@acme.test",
        "away_mode_enabled": False,
        "away_mode_reassign": False,
        "has_inbox_seat": True,
        "team_ids": [],
    }
