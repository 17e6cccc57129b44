"""The fake's signed events."""

import json

from sandbox.zendesk import ZendeskSandbox
from sandbox.zendesk.webhooks import article_event, sign
from tests.sandbox.zendesk_kit import Clock


def test_an_event_names_its_article_and_carries_no_text_of_it() -> None:
    sandbox = ZendeskSandbox(clock=Clock())
    brand = sandbox.world.brands["main"]
    article = sandbox.put_article(title="Refunds", body="<p>secret sauce</p>")

    delivery = article_event(sandbox.world, brand, brand.articles[article], "article.published", "s3cret")

    said = json.loads(delivery.body)
    assert (said["type"], said["subject"]) == ("zen:event-type:article.published", f"zen:article:{article}")
    assert said["detail"] == {"brand_id": str(brand.id), "id": str(article)}
    assert said["event"]["title"] == "Refunds"
    assert b"sauce" not in delivery.body


def test_a_signature_is_the_vendors_and_covers_time_and_body() -> None:
    moment = "2026-11-23T00:00:00Z"

    known = sign(b'{"a":1}', moment, "s3cret").headers["x-zendesk-webhook-signature"]

    assert known == "wF2RfhOkLA/VQz9ShgAQ3sUXQq/2SVKsc4fa7I250qg="
    assert sign(b'{"a":2}', moment, "s3cret").headers["x-zendesk-webhook-signature"] != known
    assert sign(b'{"a":1}', "2026-11-23T00:00:01Z", "s3cret").headers["x-zendesk-webhook-signature"] != known
    assert sign(b"", moment, "s3cret").headers["x-zendesk-webhook-signature-timestamp"] == moment
