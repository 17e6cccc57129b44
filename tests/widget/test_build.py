"""The build step: what is served means what was written, and says so whenever it is not."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from session_api.widget import build, bundle
from session_api.widget.appearance import Appearance
from tests.widget.kit import Chromium

pytest.importorskip("minify", reason="the minifier has no wheel for this machine")

ROOT = Path(build.__file__).parents[2]
AROUND = "result = (() => { let y = 1, z = 2, b = 3, a = 8, s = 'a  b // c'; return [%s, y, z, b, a, s]; })();"
"""What a snippet stands in: an expression over some variables, whose values show what it did to them."""
TRAPS: dict[str, list[str]] = {
    "signs": [
        "y + ++z",
        "y - --z",
        "1 + +b",
        "1 - -b",
        "y++ + ++z",
        "y-- - -z",
        "y + + + b",
        "- -y - - -z",
        "[1, 2].map((n) => n + +1)",
        "y --> 0 ? - --z : + ++z",
    ],
    "what looks like a comment": [
        '"see // there"',
        "'see /* here */ and // there'",
        "`https://acme.com/${y}//${z}`",
        '"\\" // \'"',
        "'\\\\' + \"//\"",
        "`/* ${z /* two */} */`",
        "s.split('//')",
        "s.replace('/*', '').length // the end\n",
        "['/*', 1, '*/']",
        "a /* eight */ / b /* three */ / 2",
    ],
    "spaces in strings": [
        '"two  spaces"',
        '"a = b ; c , d { e } ( f )"',
        "'  at both ends  '",
        '"a\\tb  \\\n  c"',
        '"= > && || ? :"',
        '"return  ;  }"',
        "{ 'a  b': 1 }",
        "'  ' + y + \"  \"",
        "s.split('  ')",
        "'0.5  and  .5'",
    ],
    "templates": [
        "`two  spaces`",
        "`a = b ; ${y} , { c }`",
        "`first  line\n   second  line`",
        "`outer ${`inner  two ${y + ++z}`}  end`",
        '`${[y, z].map((n) => `<${n}  />`).join(" , ")}  `',
        "`${'}'}   two`",
        "`\\`  \\${  `",
        "`${y}  ${`${z}  `}`",
        "String.raw`a\\n  ${b}  `",
        "`${y ? `a  /  b` : '  '}  // no`",
    ],
    "regular expressions": [
        "/a  b/.test(s)",
        "[s].map((text) => /a  b/.test(text))",
        "s.replace(/ {2,}/g, ' , ')",
        "/[/\"'`]  /.source",
        "/\\/\\/ c/.exec(s)[0]",
        "typeof /x  y/",
        "y ? /a  '/.source : /b  \"/.source",
        "a / b / 2 + ' / '",
        "s.split(/ \\/{2} /)",
        "(() => { for (const part of s.match(/  /g)) return part; })()",
    ],
}


@pytest.fixture(scope="module")
def page(chromium: Chromium) -> Iterator[Page]:
    opened = chromium.new_page()
    yield opened
    opened.close()


def meaning(page: Page, script: str) -> str:
    return str(page.evaluate("script => JSON.stringify((0, eval)(script))", script))


@pytest.mark.browser
@pytest.mark.parametrize("trap", TRAPS)
def test_what_is_minified_means_the_same(page: Page, trap: str) -> None:
    written = [AROUND % snippet for snippet in TRAPS[trap]]
    served = [build.minified("a.js", script) for script in written]

    assert len(written) >= 10
    assert [meaning(page, script) for script in served] == [meaning(page, script) for script in written]
    assert all(len(short) < len(script) for short, script in zip(served, written, strict=True))


@pytest.mark.browser
@pytest.mark.parametrize("language", bundle.LANGUAGES)
def test_every_script_parses(page: Page, language: str) -> None:
    look = Appearance(title="`${x}` // </script>", texts={language: {"greeting": "\u2028'\"\\"}})
    scripts = bundle.loaded(look.settings(hosted=False))
    launcher = bundle.launcher({"options": look.launcher(), "launcher": look.launcher_texts()})
    parses = "script => import(URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))).then(Object.keys)"

    assert page.evaluate(parses, scripts[f"panel-{language}.js"].body.decode()) == ["mount"]
    assert page.evaluate(parses, scripts["chatkit.js"].body.decode()) == ["embed"]
    assert page.evaluate("script => typeof new Function(script)", launcher) == "function"


def test_what_is_no_javascript_is_refused() -> None:
    with pytest.raises(ValueError, match="unexpected"):
        build.minified("a.js", "const a = ( => 3;")


def test_what_no_browser_would_run_does_not_pass_the_checks(tmp_path: Path) -> None:
    linter: list[str | Path] = [
        Path(sys.executable).with_name("oxlint"),
        "--deny-warnings",
        f"--config={ROOT / '.oxlintrc.json'}",
    ]
    (tmp_path / "broken.js").write_text("export const one = missing + 1;\n", encoding="utf-8")

    broken = subprocess.run([*linter, tmp_path], capture_output=True, text=True, check=False)
    written = subprocess.run([*linter, build.STATIC], capture_output=True, text=True, check=False)

    assert (broken.returncode, "'missing' is not defined" in broken.stdout) == (1, True)
    assert written.returncode == 0, written.stdout


def test_what_is_served_was_built_from_what_is_written() -> None:
    assert build.stale() == [], "run: python -m session_api.widget.build"


def test_a_changed_a_missing_and_a_superfluous_file_are_stale(tmp_path: Path) -> None:
    shutil.copytree(build.BUILT, tmp_path, dirs_exist_ok=True)
    (tmp_path / "panel.js").write_text("export const mount = 1;\n", encoding="utf-8")
    (tmp_path / "embed.js").unlink()
    (tmp_path / "other.js").write_text("", encoding="utf-8")

    assert build.stale(tmp_path) == ["embed.js", "other.js", "panel.js"]
