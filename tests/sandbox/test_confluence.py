"""The fake is as strict as the vendor, and has its traps."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.confluence import CLOUD_ID
from tests.sandbox.confluence_kit import Site, site

LABELS = "metadata.labels"


@pytest.fixture
def cloud() -> Iterator[Site]:
    with site() as served:
        yield served


@pytest.fixture
def center() -> Iterator[Site]:
    with site(data_center=True) as served:
        yield served


def home(served: Site) -> int:
    return next(iter(served.sandbox.world.spaces))


class TestAccess:
    def test_each_base_takes_its_own_token(self, cloud: Site) -> None:
        gateway = f"{cloud.url}/ex/confluence/{CLOUD_ID}/wiki/api/v2/spaces"

        assert cloud.get("/api/v2/spaces").status_code == 200
        assert cloud.client.get(gateway, auth=("bot@acme.test", "confluence-scoped")).status_code == 200
        assert cloud.client.get(gateway, auth=("bot@acme.test", "confluence-token")).status_code == 401
        assert cloud.client.get(gateway).status_code == 401
        wrong = cloud.client.get(f"{cloud.url}/wiki/api/v2/spaces", auth=("bot@acme.test", "wrong"))
        assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (401, "UNAUTHORIZED")

    def test_a_visitor_sees_what_is_open_and_unrestricted(self, cloud: Site) -> None:
        section = cloud.sandbox.put_page("Section")
        page = cloud.sandbox.put_page("Page", parent=section)
        assert cloud.visit(f"/api/v2/pages/{page}").status_code == 200
        cloud.sandbox.restrict(section)
        assert cloud.visit(f"/api/v2/pages/{page}").status_code == 404
        assert cloud.get(f"/api/v2/pages/{page}").status_code == 200
        cloud.sandbox.unrestrict(section)
        cloud.sandbox.open_to_public("HELP", anonymous=False)
        assert cloud.visit(f"/api/v2/pages/{page}").status_code == 401
        cloud.sandbox.world.refusal = 0
        assert cloud.visit(f"/api/v2/spaces/{home(cloud)}/pages").json()["results"] == []

    @pytest.mark.parametrize(
        ("path", "params"),
        [
            ("/api/v2/spaces", {"colour": "red"}),
            ("/api/v2/pages", {"limit": 251}),
            ("/api/v2/pages", {"limit": 0}),
            ("/api/v2/pages", {"body_format": "view"}),
            ("/api/v2/pages", {"sort": "size"}),
            ("/api/v2/pages", {"status": "draft"}),
            ("/api/v2/pages", {"cursor": "/wiki/api/v2/pages?cursor=abc"}),
            ("/api/v2/pages", {"id": "1,x"}),
            ("/rest/api/content/search", {"cql": "type = page and author = me"}),
            ("/rest/api/content/search", {"cql": "type=page", "expand": "everything"}),
        ],
    )
    def test_what_the_vendor_does_not_know_is_refused(self, cloud: Site, path: str, params: dict[str, object]) -> None:
        assert cloud.get(path, **params).status_code == 400

    def test_what_is_not_there_and_what_may_not_be_seen_look_alike(self, cloud: Site) -> None:
        page = cloud.sandbox.put_page("Page")
        cloud.sandbox.restrict(page, ("alice",))

        assert cloud.get(f"/api/v2/pages/{page}").json() == cloud.get("/api/v2/pages/1").json()
        assert cloud.get("/rest/api/content/1").status_code == 404  # gone from this generation
        assert "errors" not in cloud.get("/rest/api/content/1").json()


class TestLists:
    def test_the_next_page_stands_in_body_and_header_without_its_origin(self, cloud: Site) -> None:
        put = [cloud.sandbox.put_page(f"Title {number}") for number in range(5)]
        seen, path, params = [], f"/api/v2/spaces/{home(cloud)}/pages", {"limit": "2"}
        while True:
            answer = cloud.get(path, **params)
            seen += [int(row["id"]) for row in answer.json()["results"]]
            following = answer.json()["_links"].get("next")
            if following is None:
                break
            assert following.startswith("/wiki/api/v2/spaces/")
            assert f'<{following}>; rel="next"' in answer.headers["link"]
            params = {name: values[0] for name, values in parse_qs(urlsplit(following).query).items()}

        assert seen == put

    def test_archived_pages_are_listed_unless_the_status_is_asked_for(self, cloud: Site) -> None:
        cloud.sandbox.put_page("Old", status="archived")
        trashed = cloud.sandbox.put_page("Gone", status="trashed")

        assert len(cloud.get("/api/v2/pages").json()["results"]) == 1
        assert cloud.get("/api/v2/pages", status="current").json()["results"] == []
        assert [r["id"] for r in cloud.get("/api/v2/pages", status="trashed").json()["results"]] == [str(trashed)]

    def test_only_text_and_title_count_as_an_edit(self, cloud: Site) -> None:
        page = cloud.sandbox.put_page("Page")
        before = cloud.get(f"/api/v2/pages/{page}").json()["version"]
        cloud.now[0] += 60
        cloud.sandbox.label(page, ("new",))
        cloud.sandbox.move(page, cloud.sandbox.put_page("Folder", kind="folder"))
        cloud.sandbox.restrict(page)
        cloud.sandbox.attach(page, "a.txt", b"a", "text/plain")
        cloud.sandbox.comment(page, "<p>b</p>")
        assert cloud.get(f"/api/v2/pages/{page}").json()["version"] == before

        cloud.sandbox.edit(page, "<p>c</p>")

        after = cloud.get(f"/api/v2/pages/{page}").json()["version"]
        assert (after["number"], after["createdAt"]) == (2, "2026-09-21T14:14:20.000Z")

    def test_a_body_is_shown_as_its_reader_may_see_it(self, cloud: Site) -> None:
        secret = cloud.sandbox.put_page("Secret", "<p>secret</p>")
        cloud.sandbox.restrict(secret)
        macro = '<ac:structured-macro ac:name="include"><ri:page ri:content-title="Secret" /></ac:structured-macro>'
        page = cloud.sandbox.put_page("Page", macro)

        def shown(form: str) -> str:
            return str(cloud.get(f"/api/v2/pages/{page}", body_format=form).json()["body"][form]["value"])

        assert "secret" in shown("export_view")
        assert "secret" not in shown("anonymous_export_view")


class TestSearch:
    def search(self, served: Site, cql: str, **params: object) -> list[str]:
        answer = served.get("/rest/api/content/search", cql=cql, **params)
        return [row["title"] for row in answer.json()["results"]]

    def test_times_are_read_in_the_time_zone_of_the_account(self, cloud: Site) -> None:
        cloud.sandbox.put_page("Page")  # 14:13 UTC
        cql = (
            'type in (page,blogpost) and space="HELP" and lastmodified >= "2026-09-21 14:00" order by lastmodified asc'
        )
        assert self.search(cloud, cql) == ["Page"]

        cloud.sandbox.world.caller_offset = -5  # 14:00 is then 19:00 UTC

        assert self.search(cloud, cql) == []

    def test_start_is_ignored_and_the_next_link_loses_what_was_expanded(self, cloud: Site) -> None:
        for number in range(3):
            cloud.sandbox.put_page(f"Title {number}")
        answer = cloud.get("/rest/api/content/search", cql="type=page", limit=2, start=2, expand=LABELS).json()

        assert [row["title"] for row in answer["results"]] == ["Title 0", "Title 1"]
        assert "expand" not in answer["_links"]["next"]
        assert "cursor" in answer["_links"]["next"]

    def test_restrictions_of_ancestors_fail_the_page_where_one_is_not_published(self, cloud: Site) -> None:
        section = cloud.sandbox.put_page("Section", status="archived")
        cloud.sandbox.put_page("Page", parent=section)
        expand = "ancestors.restrictions.read.restrictions.user"

        assert cloud.get("/rest/api/content/search", cql="type=page", expand=expand).status_code == 404
        assert self.search(cloud, "type=page", expand="restrictions.read.restrictions.user") == ["Page"]


class TestDataCenter:
    def test_a_page_is_cut_and_the_next_link_passes_over_what_was_cut(self, center: Site) -> None:
        for number in range(60):
            center.sandbox.put_page(f"Title {number}")
        answer = center.get("/rest/api/content", type="page", spaceKey="HELP", limit=55, expand="body.storage").json()

        assert (answer["limit"], answer["size"]) == (50, 50)
        assert "start=55" in answer["_links"]["next"]

    def test_what_is_not_there_is_said_at_length(self, center: Site) -> None:
        answer = center.get("/rest/api/content/1")

        assert (answer.status_code, answer.json()["statusCode"]) == (404, 404)
        assert "No content found with id" in answer.json()["message"]
        assert center.get("/api/v2/pages").status_code == 404

    def test_an_old_release_has_no_scan(self, center: Site) -> None:
        assert center.get("/rest/api/content/scan", spaceKey="HELP").status_code == 200
        center.sandbox.world.scan = False
        assert center.get("/rest/api/content/scan", spaceKey="HELP").status_code == 404
