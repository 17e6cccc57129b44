"""The app of a workspace: a table of endpoints, and the checks that every request passes in order."""

import re
from collections.abc import Mapping

from starlette.requests import Request as HttpRequest

from sandbox import http
from sandbox.http import Answer, Endpoint, Endpoints, Problem
from sandbox.intercom import answers, conversations, help_center, people
from sandbox.intercom.limits import Windows
from sandbox.intercom.paging import NUMBERED
from sandbox.intercom.records import (
    ALL_SCOPES,
    ARTICLES,
    CONTENT,
    CONVERSATIONS,
    WRITES_ARTICLES,
    IntercomWorkspace,
    MessageFile,
)
from sandbox.intercom.request import Request, version_of

FILE = re.compile(r"/i/o/(?P<id>\d+)/[^/]+")
SIGNATURE = frozenset({"expires", "signature", "req"})

Row = Endpoint[Request, Answer, frozenset[str]]

READS_ARTICLES = frozenset({ARTICLES, WRITES_ARTICLES, CONTENT})
TALKS = frozenset({CONVERSATIONS})
WRITES = frozenset({WRITES_ARTICLES})
ANY_SCOPE = ALL_SCOPES | {""}
ENDPOINTS = Endpoints(
    [
        Row("/me", people.me, ANY_SCOPE),
        Row("/admins", people.admins, ANY_SCOPE),
        Row("/teams", people.teams, ANY_SCOPE),
        Row("/tags", people.tags, ANY_SCOPE),
        Row("/macros", people.macros, TALKS, frozenset({"per_page", "starting_after"})),
        Row("/articles", help_center.articles, READS_ARTICLES, NUMBERED),
        Row("/articles/{id}", help_center.article, READS_ARTICLES),
        Row("/articles", help_center.create_article, WRITES, method="POST"),
        Row("/articles/{id}/draft", help_center.draft, READS_ARTICLES),
        Row("/internal_articles", help_center.internal_articles, READS_ARTICLES, NUMBERED),
        Row("/internal_articles/{id}", help_center.internal_article, READS_ARTICLES),
        Row("/help_center/collections", help_center.collections, READS_ARTICLES, NUMBERED),
        Row("/help_center/help_centers", help_center.help_centers, READS_ARTICLES),
        Row("/conversations", conversations.conversations, TALKS, frozenset({"per_page", "starting_after"})),
        Row("/conversations/search", conversations.search, TALKS, method="POST"),
        Row("/conversations/deleted", conversations.deleted, TALKS, NUMBERED | {"order"}),
        Row("/conversations/attributes", people.attributes, TALKS, frozenset({"include_archived"})),
        Row("/conversations/{id}", conversations.conversation, TALKS, frozenset({"display_as"})),
    ]
)


class Api:
    """Serves the API, and files at addresses that are signed for a while."""

    def __init__(self, world: IntercomWorkspace, limits: Windows) -> None:
        self._world = world
        self._limits = limits
        self.app = http.App(self._answer, self._headers)

    def _headers(self, _: HttpRequest) -> Mapping[str, str]:
        return http.date_header(self._world.clock) if self._world.dated else {}

    async def _answer(self, asked: HttpRequest) -> Answer:
        if match := FILE.fullmatch(asked.url.path):
            return self._file(int(match["id"]), asked)
        if self._world.captcha:
            raise answers.captcha()
        if http.credentials(asked) != ("Bearer", self._world.token):
            raise answers.unauthorized()
        version = version_of(asked.headers.get("intercom-version"), self._world)
        allowance = self._limits.take(self._world.clock)
        found = None if self._world.disabled else ENDPOINTS.find(asked.method, asked.url.path)
        if found is None:
            raise answers.not_found()
        endpoint, place = found
        if not endpoint.needs & (self._world.scopes | {""}):
            raise answers.forbidden()
        params = http.known_params(asked.query_params.multi_items(), endpoint.params, _unknown)
        path, origin, body = asked.url.path, http.origin_of(asked), await asked.body()
        request = Request(self._world, version, origin, path, place, params, answers.invalid, body)
        answer = endpoint.answer(request)
        return Answer(answer.body, answer.status, {**allowance, **answer.headers}, answer.content)

    def _file(self, number: int, asked: HttpRequest) -> Answer:
        """A file's bytes, to whoever has its address, until that expires."""
        expires = asked.query_params.get("expires", "")
        file = _files(self._world).get(number)
        if file is None:
            return Answer(status=404, content=b"not found", headers={"content-type": "text/plain"})
        if set(asked.query_params) != SIGNATURE or not expires.isdigit() or int(expires) < self._world.now():
            return Answer(status=403, content=b"expired", headers={"content-type": "text/plain"})
        return Answer(content=file.content, headers={"content-type": file.content_type})


def _files(world: IntercomWorkspace) -> dict[int, MessageFile]:
    messages = [message for one in world.conversations.values() for message in (one.source, *one.parts)]
    return {file.id: file for message in messages for file in message.attachments}


def _unknown(names: list[str]) -> Problem:
    return answers.error(400, "parameter_invalid", f"unknown or repeated parameters: {names}")
