"""Bytes become the letters that their author wrote, or a problem; never others."""

import pytest

from connectors.encodings import BROKEN, Undecodable, decode

TEXTS = [
    ("返金は30日以内に申請してください。手数料はかかりません。", "cp932"),
    ("お支払い方法をご確認ください", "euc_jp"),
    ("返金は30日以内に申請してください。", "iso2022_jp"),
    ("退款请在三十天内申请,不收取任何费用。", "gb18030"),
    ("退款請在三十天內申請，不收取任何費用。", "big5"),
    ("환불은 30일 이내에 신청해 주세요. 수수료는 없습니다.", "euc_kr"),
    ("Возврат средств возможен в течение тридцати дней.", "cp1251"),
    ("Возврат средств возможен в течение тридцати дней.", "koi8_r"),
    ("Zwrot pieniędzy w ciągu 14 dni. Opłata wynosi 5 zł, płatność kartą.", "cp1250"),
    ("Zwrot pieniędzy w ciągu 14 dni. Opłata wynosi 5 zł, płatność kartą.", "iso8859_2"),
    ("Vrácení zboží do čtrnácti dnů; příplatek není účtován, děkujeme.", "cp1250"),
    ("A visszatérítés harminc napon belül lehetséges. Őrült űrhajó", "iso8859_2"),
    ("Η επιστροφή χρημάτων είναι δυνατή εντός τριάντα ημερών.", "cp1253"),
    ("החזר כספי אפשרי תוך שלושים יום ללא עמלה.", "cp1255"),
    ("يمكن استرداد المبلغ خلال ثلاثين يوما دون رسوم.", "cp1256"),
    ("Para iadesi otuz gün içinde mümkündür, ücret alınmaz. Şişli", "cp1254"),
    ("Rückgabe innerhalb von 30 Tagen, für alle Artikel.", "cp1252"),
    ("Price;£9.99\nNote;don’t wait – “now”", "cp1252"),
    ("Preis: 19 €", "cp1252"),
]


@pytest.mark.parametrize(("text", "encoding"), TEXTS)
def test_a_text_is_read_in_the_encoding_that_it_shows(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)).text == text


@pytest.mark.parametrize(("text", "encoding"), [*TEXTS, ("Żółć", "cp1250"), ("Příliš", "iso8859_2"), ("ﾊﾝｶｸ", "cp932")])
def test_no_text_becomes_another_one(text: str, encoding: str) -> None:
    try:
        found = decode(text.encode(encoding)).text
    except Undecodable:
        found = text

    assert found == text


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<?xml version="1.0" encoding="Shift_JIS"?><p>返金</p>', "cp932"),
        ('<html><meta charset="windows-1251"><p>Цена</p>', "cp1251"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-2"><p>Łódź</p>', "iso8859_2"),
        ("<meta charset=iso-8859-1><p>19 € – “Größe”</p>", "cp1252"),
        ("<?xml version='1.0' encoding='GB2312'?><p>退款镕</p>", "gb18030"),
    ],
)
def test_a_text_is_read_in_the_encoding_that_it_names(head: str, encoding: str) -> None:
    assert decode(head.encode(encoding)).text == head


@pytest.mark.parametrize(
    ("label", "encoding", "text"),
    [("iso-8859-1", "cp1252", "€ “x”"), ("shift_jis", "cp932", "①髙"), ("latin1", "cp1252", "Ž")],
)
def test_a_label_means_what_the_web_means_by_it(label: str, encoding: str, text: str) -> None:
    assert decode(text.encode(encoding), f"text/plain; charset={label}").text == text


def test_a_stated_encoding_does_not_overrule_what_the_bytes_must_be() -> None:
    assert decode("Größe".encode(), "text/plain; charset=iso-8859-1").text == "Größe"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Überblick für Geschäftskunden – 19 €".encode()[:-1], "Überblick für Geschäftskunden – 19 \ufffd"),
        ("Größe, Länge und Höhe ".encode() + b"\xe4" + " prüfen".encode(), "Größe, Länge und Höhe \ufffd prüfen"),
        ("日本語の文章".encode() + b"\xff", "日本語の文章\ufffd"),
    ],
)
def test_one_broken_byte_spoils_one_letter_and_is_told(content: bytes, text: str) -> None:
    decoded = decode(content)

    assert (decoded.text, decoded.problem) == (text, BROKEN)


def test_wide_letters_need_no_mark() -> None:
    assert decode("Refunds in 5 days".encode("utf-16-le")).text == "Refunds in 5 days"
    assert decode("Refunds in 5 days".encode("utf-16-be")).text == "Refunds in 5 days"


@pytest.mark.parametrize("label", ["rot13", "base64", "undefined", "idna", "punycode", "unicode_escape", "x" * 5000])
def test_a_label_that_names_no_encoding_of_texts_is_passed_over(label: str) -> None:
    assert decode("Größe für alle".encode("cp1252"), f"text/plain; charset={label}").text == "Größe für alle"
