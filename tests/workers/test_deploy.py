"""What is handed to operators: every file can be read, and names only what there is."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from cli import __version__
from cli.main import app
from tests.cli.kit import ROOT
from tests.session_api.operating import site

EXACT = re.compile(r"[\w./-]+(?::[0-9]+\.[0-9]+(?:\.[0-9]+)?(?:-[\w.-]+)?(?:@sha256:\S+)?|@sha256:\S+)")
METRIC = re.compile(r"\banswerwell_[a-z_]+\b")
SECRET = re.compile(r"\$([A-Z][A-Z0-9_]+)")
COMMANDS = {
    command.name or command.callback.__name__.replace("_", "-")
    for command in app.registered_commands
    if command.callback
}


@pytest.mark.parametrize("file", ["deploy/grafana/answerwell.json", "deploy/prometheus/alerts.yml"])
def test_every_metric_that_is_shown_or_alerted_on_exists(file: str) -> None:
    with site() as here:
        text = here.get("/metrics").text
    known = set()
    for family in text_string_to_metric_families(text):
        known |= {family.name, *(f"{family.name}_{part}" for part in ("total", "bucket", "sum", "count"))}

    named = {name for expression in expressions(file) for name in METRIC.findall(expression)}

    assert named
    assert named <= known


def test_every_gauge_and_counter_is_on_the_dashboard() -> None:
    with site() as here:
        families = {family.name for family in text_string_to_metric_families(here.get("/metrics").text)}

    shown = {
        name for expression in expressions("deploy/grafana/answerwell.json") for name in METRIC.findall(expression)
    }

    assert {name for name in families if not any(one.startswith(name) for one in shown)} == set()


def test_every_alert_says_what_happened_and_what_to_do() -> None:
    rules = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text("utf-8"))["groups"][0]["rules"]

    for rule in rules:
        assert set(rule["annotations"]) == {"summary", "fix"}, rule["alert"]
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_the_compose_file_keeps_every_process_small_unprivileged_and_watched() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))

    services = compose["services"]
    assert set(services) == {"api", "worker", "schedule", "redis", "postgres"}
    for name, service in services.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert "healthcheck" in service, name
        assert set(service["secrets"]) <= set(compose["secrets"]), name
    for name in ("api", "worker", "schedule"):
        assert services[name]["command"][:2] == ["answerwell", name]
        files = {value.removeprefix("/run/secrets/") for value in services[name]["environment"].values()}
        assert files <= set(services[name]["secrets"])
    assert "--appendonly yes" in services["redis"]["command"][2]
    assert "noeviction" in services["redis"]["command"][2]
    assert "--requirepass" not in services["redis"]["command"][2]  # what a command line holds, everybody may read
    assert "-a " not in services["redis"]["healthcheck"]["test"][1]


def test_the_image_runs_as_nobody_in_particular_and_copies_what_it_needs() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()

    copied = {line.split()[1] for line in lines if line.startswith("COPY ") and "--from" not in line}
    assert sum(line.startswith("FROM ") for line in lines) == 2
    assert any(line.startswith("USER 10001") for line in lines)
    assert all((ROOT / name).exists() for name in copied)
    assert {"sync", "connectors", "workers", "session_api", "cli", "sandbox"} <= copied
    ignored = (ROOT / ".dockerignore").read_text("utf-8")
    assert all(f"!{name}" in ignored for name in copied)


def test_every_image_is_named_by_an_exact_version_and_can_be_pinned_by_digest() -> None:
    dockerfile, compose = ((ROOT / name).read_text("utf-8") for name in ("Dockerfile", "docker-compose.yml"))
    bases = dict(re.findall(r"^ARG (\w+_IMAGE)=(\S+)$", dockerfile, re.MULTILINE))
    services = dict(re.findall(r"^ +image: \$\{(\w+_IMAGE):-(\S+)\}$", compose, re.MULTILINE))
    examples = [
        image
        for file in ("Dockerfile", "docker-compose.yml", *(str(path) for path in sorted((ROOT / "docs").glob("*.md"))))
        for image in re.findall(r"(?:image: |_IMAGE=)([\w./-]+[:@]\S+)", (ROOT / file).read_text("utf-8"))
    ]

    assert re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE) == [f"${{{name}}}" for name in bases] * 2
    assert compose.count("image: ") == len(services) == 3
    assert services["ANSWERWELL_IMAGE"] == f"answerwell:{__version__}"
    named = [*bases.values(), *services.values(), *examples]
    assert [one for one in named if not EXACT.fullmatch(one)] == []


def test_the_kubernetes_example_is_valid_and_as_unprivileged() -> None:
    text = (ROOT / "docs/kubernetes.md").read_text("utf-8")
    [example] = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    objects: list[dict[str, Any]] = list(yaml.safe_load_all(example))

    deployments = [made for made in objects if made["kind"] == "Deployment"]
    assert {made["metadata"]["labels"]["process"] for made in deployments} == {"api", "worker", "schedule"}
    secrets = next(made for made in objects if made["kind"] == "Secret")["stringData"]
    for made in deployments:
        pod = made["spec"]["template"]["spec"]
        [container] = pod["containers"]
        assert made["spec"]["selector"]["matchLabels"] == made["spec"]["template"]["metadata"]["labels"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["args"][1] in COMMANDS
        assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
        assert "livenessProbe" in container
    toml = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)[0]
    assert set(SECRET.findall(toml)) <= set(secrets)


def test_the_image_leaves_files_of_secrets_to_us_but_for_what_we_do_not_read(tmp_path: Path) -> None:
    (tmp_path / "key").write_text('with "quotes" $HOME and\ttabs\n', "utf-8")
    files = {name: str(tmp_path / "key") for name in ("A_KEY_FILE", "SSL_CERT_FILE", "OTEL_EXPORTER_OTLP_HEADERS_FILE")}
    printed = 'printf "%s|%s|%s" "${A_KEY-unset}" "$SSL_CERT_FILE" "$OTEL_EXPORTER_OTLP_HEADERS"'

    done = subprocess.run(
        [str(ROOT / "deploy/entrypoint.sh"), "sh", "-c", printed],
        env={"PATH": os.environ["PATH"], **files},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == f'unset|{tmp_path / "key"}|with "quotes" $HOME and\ttabs'


def test_the_handbook_names_only_commands_and_metrics_that_exist() -> None:
    text = (ROOT / "docs/operate.md").read_text("utf-8")
    with site() as here:
        metrics = here.get("/metrics").text

    commands = {words.split()[0] for words in re.findall(r"`?answerwell ([a-z]+[^`\n]*)", text)}
    assert commands <= COMMANDS, commands - COMMANDS
    assert {name for name in METRIC.findall(text) if name not in metrics} == set()


def expressions(file: str) -> list[str]:
    text = (ROOT / file).read_text("utf-8")
    if file.endswith(".json"):
        return [target["expr"] for panel in json.loads(text)["panels"] for target in panel["targets"]]
    return [rule["expr"] for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]
