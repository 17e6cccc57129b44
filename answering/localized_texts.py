"""Localized texts: what the service itself says, in the language of the question."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Phrases:
    """One language. `hand_off` stands in where the operator wrote no text and named no contact."""

    searching: str
    nothing: str
    hand_off: str
    greeting: str
    spent: str
    flagged: str
    synced: str
    verified: str
    nearest: str
    contact: str
    thanks: str
    goodbye: str
    identity: str
    capabilities: str
    person: str
    calm: str
    vague: str
    nothing_said: str
    cut_short: str
    talk: str
    send_talk: str


PHRASES = {
    "en": Phrases(
        searching="Searching the help pages",
        nothing="I searched our help pages and found nothing that answers this. I would rather not guess.",
        hand_off="A person can help: please contact our support team.",
        greeting="Hello! Ask me anything about our products and services.",
        spent="I have answered all I may for today. Please come back tomorrow.",
        flagged="I cannot help with this.",
        synced="As of {day}",
        verified="Verified on {day}",
        nearest="These pages come closest:",
        contact="A person can help: {contact}",
        thanks="You are welcome! Is there anything else?",
        goodbye="Goodbye, and have a good day!",
        identity="I am an automatic assistant, not a person. I answer from our help pages and show you the page behind"
        " each answer.",
        capabilities="I answer questions about our products and services from our help pages. "
        "What would you like to know?",
        person="Of course.",
        calm="I am sorry that this is frustrating. Tell me what happened, and I will look for it in our help pages.",
        vague="I would like to help. What exactly does not work, and what do you see when you try?",
        nothing_said="I have not answered anything yet. What would you like to know?",
        cut_short="(The answer was cut here because it became too long. Ask for the rest.)",
        talk="Talk to a person",
        send_talk="Send us this conversation",
    ),
    "de": Phrases(
        searching="Die Hilfeseiten werden durchsucht",
        nothing="Ich habe unsere Hilfeseiten durchsucht und nichts gefunden, was das beantwortet. Raten möchte ich "
        "nicht.",
        hand_off="Ein Mensch hilft weiter: Bitte wenden Sie sich an unser Support-Team.",
        greeting="Hallo! Fragen Sie mich gern zu unseren Produkten und Leistungen.",
        spent="Für heute habe ich alles beantwortet, was ich darf. Bitte kommen Sie morgen wieder.",
        flagged="Dabei kann ich nicht helfen.",
        synced="Stand {day}",
        verified="Geprüft am {day}",
        nearest="Am nächsten kommen diese Seiten:",
        contact="Ein Mensch hilft weiter: {contact}",
        thanks="Gern geschehen! Kann ich noch etwas für Sie tun?",
        goodbye="Auf Wiedersehen und einen schönen Tag!",
        identity="Ich bin ein automatischer Assistent, kein Mensch. Ich antworte aus unseren Hilfeseiten und zeige zu "
        "jeder Antwort die Seite.",
        capabilities="Ich beantworte Fragen zu unseren Produkten und Leistungen aus unseren Hilfeseiten. "
        "Was möchten Sie wissen?",
        person="Gern.",
        calm="Es tut mir leid, dass das ärgerlich ist. Sagen Sie mir, was passiert ist, dann suche ich in unseren "
        "Hilfeseiten.",
        vague="Ich helfe gern. Was genau funktioniert nicht, und was sehen Sie dabei?",
        nothing_said="Ich habe noch nichts beantwortet. Was möchten Sie wissen?",
        cut_short="(Die Antwort wurde hier gekürzt, weil sie zu lang wurde. Fragen Sie nach dem Rest.)",
        talk="Mit einem Menschen sprechen",
        send_talk="Diese Unterhaltung an uns senden",
    ),
    "fr": Phrases(
        searching="Recherche dans les pages d'aide",
        nothing="J'ai cherché dans nos pages d'aide et rien n'y répond ; je préfère ne pas deviner.",
        hand_off="Une personne peut vous aider : contactez notre équipe d'assistance.",
        greeting="Bonjour ! Posez-moi vos questions sur nos produits et services.",
        spent="J'ai répondu à tout ce que je pouvais aujourd'hui. Revenez demain.",
        flagged="Je ne peux pas vous aider pour cela.",
        synced="À jour au {day}",
        verified="Vérifié le {day}",
        nearest="Ces pages s'en approchent le plus :",
        contact="Une personne peut vous aider : {contact}",
        thanks="Avec plaisir ! Puis-je faire autre chose pour vous ?",
        goodbye="Au revoir et bonne journée !",
        identity="Je suis un assistant automatique, pas une personne. Je réponds à partir de nos pages d'aide et je "
        "montre la page de chaque réponse.",
        capabilities="Je réponds aux questions sur nos produits et services à partir de nos pages d'aide. "
        "Que souhaitez-vous savoir ?",
        person="Bien sûr.",
        calm="Je suis désolé que ce soit pénible. Dites-moi ce qui s'est passé et je chercherai dans nos pages d'aide.",
        vague="Je veux bien vous aider. Qu'est-ce qui ne fonctionne pas exactement, et que voyez-vous ?",
        nothing_said="Je n'ai encore rien répondu. Que souhaitez-vous savoir ?",
        cut_short="(La réponse a été coupée ici car elle devenait trop longue. Demandez la suite.)",
        talk="Parler à une personne",
        send_talk="Nous envoyer cette conversation",
    ),
    "es": Phrases(
        searching="Buscando en las páginas de ayuda",
        nothing="He buscado en nuestras páginas de ayuda y nada lo responde; prefiero no adivinar.",
        hand_off="Una persona puede ayudarle: póngase en contacto con nuestro equipo de soporte.",
        greeting="¡Hola! Pregúnteme lo que quiera sobre nuestros productos y servicios.",
        spent="Hoy ya he respondido todo lo que podía. Vuelva mañana, por favor.",
        flagged="No puedo ayudarle con esto.",
        synced="Actualizado el {day}",
        verified="Verificado el {day}",
        nearest="Estas páginas son las más cercanas:",
        contact="Una persona puede ayudarle: {contact}",
        thanks="¡De nada! ¿Puedo ayudarle en algo más?",
        goodbye="¡Adiós y que tenga un buen día!",
        identity="Soy un asistente automático, no una persona. Respondo a partir de nuestras páginas de ayuda y "
        "muestro la página de cada respuesta.",
        capabilities="Respondo preguntas sobre nuestros productos y servicios a partir de nuestras páginas de ayuda. "
        "¿Qué desea saber?",
        person="Por supuesto.",
        calm="Siento que sea frustrante. Cuénteme qué ha pasado y lo buscaré en nuestras páginas de ayuda.",
        vague="Me gustaría ayudarle. ¿Qué es exactamente lo que no funciona y qué ve al intentarlo?",
        nothing_said="Todavía no he respondido nada. ¿Qué desea saber?",
        cut_short="(La respuesta se ha cortado aquí porque era demasiado larga. Pida el resto.)",
        talk="Hablar con una persona",
        send_talk="Enviarnos esta conversación",
    ),
    "ar": Phrases(
        searching="جارٍ البحث في صفحات المساعدة",
        nothing="بحثت في صفحات المساعدة ولم أجد ما يجيب عن هذا، وأفضّل ألا أخمّن.",
        hand_off="يمكن لشخص من فريقنا مساعدتك: يُرجى التواصل مع فريق الدعم.",
        greeting="مرحبًا! اسألني عن منتجاتنا وخدماتنا.",
        spent="أجبتُ عن كل ما يمكنني اليوم. يُرجى العودة غدًا.",
        flagged="لا أستطيع المساعدة في هذا.",
        synced="حتى {day}",
        verified="تم التحقق في {day}",
        nearest="أقرب الصفحات إلى سؤالك:",
        contact="يمكن لشخص من فريقنا مساعدتك: {contact}",
        thanks="على الرحب والسعة! هل من شيء آخر؟",
        goodbye="مع السلامة، ونتمنى لك يومًا سعيدًا!",
        identity="أنا مساعد آلي ولست شخصًا. أجيب من صفحات المساعدة وأعرض الصفحة التي تستند إليها كل إجابة.",
        capabilities="أجيب عن الأسئلة المتعلقة بمنتجاتنا وخدماتنا من صفحات المساعدة. ماذا تود أن تعرف؟",
        person="بالتأكيد.",
        calm="يؤسفني أن الأمر مزعج. أخبرني بما حدث وسأبحث عنه في صفحات المساعدة.",
        vague="أودّ مساعدتك. ما الذي لا يعمل بالتحديد، وماذا ترى عند المحاولة؟",
        nothing_said="لم أُجب عن شيء بعد. ماذا تود أن تعرف؟",
        cut_short="(قُطعت الإجابة هنا لأنها أصبحت طويلة جدًا. اطلب البقية.)",
        talk="التحدث إلى شخص",
        send_talk="أرسل إلينا هذه المحادثة",
    ),
}
