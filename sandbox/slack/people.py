"""The methods that name people, bots and groups, and say who asks."""

from sandbox.http import Answer
from sandbox.slack import paging
from sandbox.slack.answers import good, refused
from sandbox.slack.records import TEAM
from sandbox.slack.request import Request, needed, require_scopes


def auth_test(request: Request) -> Answer:
    return good(
        url=f"{request.origin}/",
        team="Acme",
        user="answerwell",
        team_id=TEAM,
        user_id="U0BOT00001",
        bot_id="B0BOT00001",
        is_enterprise_install=False,
    )


def users_list(request: Request) -> Answer:
    require_scopes(request, "users:read")
    page, cursor = paging.by_place(request, list(request.world.users.values()), 1000)
    return good(members=page, cache_ts=int(request.world.clock()), response_metadata={"next_cursor": cursor})


def users_info(request: Request) -> Answer:
    require_scopes(request, "users:read")
    user = request.world.users.get(needed(request, "user", "user_not_found"))
    if user is None:
        raise refused("user_not_found")
    return good(user=user)


def usergroups_list(request: Request) -> Answer:
    require_scopes(request, "usergroups:read")
    return good(usergroups=list(request.world.groups.values()))


def bots_info(request: Request) -> Answer:
    require_scopes(request, "users:read")
    bot = request.world.bots.get(needed(request, "bot", "bot_not_found"))
    if bot is None:
        raise refused("bot_not_found")
    return good(bot=bot)


def team_info(request: Request) -> Answer:
    require_scopes(request, "team:read")
    return good(team={"id": TEAM, "name": "Acme", "domain": "acme", "email_domain": "", "icon": {}})


def files_info(request: Request) -> Answer:
    require_scopes(request, "files:read")
    wanted = needed(request, "file", "file_not_found")
    for channel in request.world.channels.values():
        for message in channel.messages.values():
            for file in message.get("files", ()):
                if file["id"] == wanted and channel.visible:
                    whole = {k: v for k, v in file.items() if k != "file_access"}
                    return good(file=whole | file_addresses(request.origin, wanted, request.world.files[wanted].name))
    raise refused("file_not_found")


def file_addresses(origin: str, id: str, name: str) -> dict[str, str]:  # noqa: A002  the vendor's own name
    base = f"{origin}/files-pri/{TEAM}-{id}"
    return {"url_private": f"{base}/{name}", "url_private_download": f"{base}/download/{name}"}
