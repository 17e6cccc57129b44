"""What is small talk, what is a wish for a person, and what is a question."""

import pytest

from answering.intents import Intent, understand

SAID = {
    Intent.PERSON: """
        I want to talk to a human
        talk to a person
        can i speak with someone
        Can I please speak to a real person?
        I wnat to talk to a humann
        human please
        agent
        connect me with an agent
        I need a human
        transfer me to customer service
        let me talk to your manager
        could someone call me
        get me a representative
        i dont want a bot, i want a person
        I'd like to chat with a member of your staff about my refund
        speak to representative
        Ich möchte mit einem Menschen sprechen
        Kann ich mit einem Mitarbeiter reden?
        mitarbeiter bitte
        Verbinden Sie mich mit dem Kundendienst
        ich will mit jemandem sprechen
        Je veux parler à un humain
        Puis-je parler à un conseiller ?
        parler à quelqu'un
        Quiero hablar con una persona
        ¿Puedo hablar con un agente?
        hablar con alguien por favor
        أريد التحدث مع شخص
        اريد التحدث الى موظف خدمة العملاء
    """,
    Intent.GREETING: """
        hi
        Hello!
        heyyy
        good morning
        hello there
        Hi, how are you?
        Guten Tag
        moin
        Bonjour !
        salut ça va ?
        hola
        buenos días
        مرحبا
        👋
    """,
    Intent.THANKS: """
        thanks!
        thank you so much
        thx
        ok thanks
        Perfect, thank you for your help
        tahnks a lot
        that helped, thanks
        Danke schön!
        vielen Dank für die Hilfe
        Merci beaucoup
        muchas gracias
        شكرا جزيلا
    """,
    Intent.GOODBYE: """
        bye
        goodbye!
        thanks, bye
        have a nice day
        that's all, thank you
        Tschüss
        auf Wiedersehen
        au revoir
        hasta luego
        مع السلامة
    """,
    Intent.IDENTITY: """
        are you a bot?
        are you human
        Am I talking to a real person or a bot?
        who are you
        what are you?
        is this a robot
        Bist du ein Bot?
        Sind Sie ein Mensch?
        wer bist du
        es-tu un robot ?
        ¿eres un robot?
        هل أنت روبوت؟
    """,
    Intent.CAPABILITIES: """
        what can you do?
        what can you help me with
        how can you help me
        can you help me?
        help
        i have a question
        Was kannst du?
        Kannst du mir helfen?
        que peux-tu faire ?
        ¿qué puedes hacer?
        هل يمكنك مساعدتي
    """,
    Intent.REPEAT: """
        repeat that
        can you say that again please
        once more
        Kannst du das wiederholen?
        noch einmal bitte
        répéter
        otra vez
    """,
    Intent.SHORTER: """
        shorter
        can you make it shorter?
        too long
        summarize that
        kürzer bitte
        zu lang
        plus court
        más corto
    """,
    Intent.INSULT: """
        fuck you
        you are stupid
        you're useless
        stupid bot
        du bist dumm
        scheiß bot
        tu es nul
        eres un idiota
    """,
    Intent.VAGUE: """
        it doesn't work
        it does not work
        this isn't working
        not working!!
        i have a problem
        something is wrong
        ???
        Es funktioniert nicht
        geht nicht
        ich habe ein Problem
        ça ne marche pas
        no funciona
        لا يعمل
    """,
    Intent.CLOSING: """
        ok
        great
        got it
        alles klar
        d'accord
        vale
    """,
    Intent.QUESTION: """
        How do I return a lamp?
        thanks, and how long does shipping take?
        hello, where is my order
        the lamp does not work after the update
        my login doesn't work
        Is there a person who installs the lamp?
        How many people fit around the table?
        Do you sell to agents?
        How do I contact support?
        What is the phone number of the support?
        what can i do about a broken lamp
        can you help me with my invoice
        Does the robot vacuum work on carpets?
        Was kostet der Versand nach Österreich?
        Mein Passwort funktioniert nicht
        how do I add an agent to my team
        I need help with a refund
        are you open on Sundays
        what are your opening hours
        is this available in red
        who pays for the return
        Wie wird meine Bestellung an eine andere Person geliefert?
        shut down my account
        problem with invoice 4711
        Ciao, quanto costa la spedizione?
        good morning, do you deliver on saturdays
        why is my invoice wrong
        and to Switzerland?
        fine for late payment
        is there a manager app
    """,
}
CASES = [
    pytest.param(intent, message.strip(), id=message.strip())
    for intent, messages in SAID.items()
    for message in messages.strip().splitlines()
]


@pytest.mark.parametrize(("intent", "message"), CASES)
def test_what_is_wanted(intent: Intent, message: str) -> None:
    assert understand(message).intent is intent


@pytest.mark.parametrize(
    ("message", "language"),
    [("Danke", "de"), ("Bonjour", "fr"), ("hola", "es"), ("hi", "en"), ("شكرا", "ar"), ("ok danke", "de"), ("ok", "")],
)
def test_a_greeting_tells_its_language(message: str, language: str) -> None:
    assert understand(message).language == language


def test_a_hundred_thousand_characters_are_understood_at_once() -> None:
    assert understand("talk to " * 12_500).intent is Intent.QUESTION
    assert understand("a" * 100_000).intent is Intent.QUESTION
