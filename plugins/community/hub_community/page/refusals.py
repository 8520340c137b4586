"""What visitors are told whose visit comes to nothing, in English and German. Data.

Each code of `hub_community.page.errors` has a heading and, with ``.do`` behind it, what
to do; with ``.kept``, what to do with a form that is given back.
"""

from collections.abc import Mapping

REFUSALS: Mapping[str, tuple[str, str]] = {
    "PAGE-002": ("Something went wrong", "Etwas ist schiefgegangen"),
    "PAGE-002.do": (
        "It is not your fault. Please try again in a few minutes.",
        (
            "Es liegt nicht an Ihnen. Bitte versuchen Sie es in einigen Minuten noch "
            "einmal."
        ),
    ),
    "PAGE-010": ("This link leads nowhere", "Dieser Link führt nirgendwohin"),
    "PAGE-010.do": (
        "Perhaps a part of it is missing. Copy the whole link from the mail.",
        "Vielleicht fehlt ein Teil. Kopieren Sie den ganzen Link aus der Mail.",
    ),
    "PAGE-011": ("This link has expired", "Dieser Link ist abgelaufen"),
    "PAGE-011.do": (
        "Use the link of the newest mail, or call the organisation that asked you.",
        (
            "Nehmen Sie den Link der neuesten Mail, oder rufen Sie die Stelle an, die "
            "Sie gefragt hat."
        ),
    ),
    "PAGE-012": ("Please sign in again", "Bitte melden Sie sich neu an"),
    "PAGE-012.do": (
        "You were signed out. Nothing was sent. Ask for a new code to go on.",
        (
            "Sie wurden abgemeldet. Es wurde nichts gesendet. Fordern Sie einen neuen "
            "Code an, um weiterzumachen."
        ),
    ),
    "PAGE-013": ("There is nothing to see here", "Hier gibt es nichts zu sehen"),
    "PAGE-013.do": (
        (
            "The referral is not meant for you, or may no longer be shown. If you are "
            "unsure, call the organisation that asked you."
        ),
        (
            "Die Vermittlung ist nicht für Sie bestimmt oder darf nicht mehr gezeigt "
            "werden. Wenn Sie unsicher sind, rufen Sie die Stelle an, die Sie gefragt "
            "hat."
        ),
    ),
    "PAGE-014": ("This is not possible now", "Das geht jetzt nicht"),
    "PAGE-014.do": (
        (
            "Something has happened in the meantime. Nothing was sent. Look at where "
            "the referral stands and go on from there."
        ),
        (
            "Inzwischen ist etwas geschehen. Es wurde nichts gesendet. Sehen Sie nach, "
            "wie es um die Vermittlung steht."
        ),
    ),
    "PAGE-015": ("Too many codes", "Zu viele Codes"),
    "PAGE-015.do": (
        "Many codes were sent within a short time. Please wait for an hour.",
        "In kurzer Zeit wurden viele Codes gesendet. Bitte warten Sie eine Stunde.",
    ),
    "PAGE-016": ("This form is out of date", "Dieses Formular ist veraltet"),
    "PAGE-016.do": (
        "Nothing was sent. Go back to the referral and fill it in again.",
        (
            "Es wurde nichts gesendet. Gehen Sie zurück zur Vermittlung und füllen Sie "
            "es noch einmal aus."
        ),
    ),
    "PAGE-014.kept": (
        "Nothing of this was sent. Check what you typed, then send it.",
        (
            "Davon wurde nichts gesendet. Prüfen Sie, was Sie geschrieben haben, und "
            "senden Sie es dann."
        ),
    ),
    "PAGE-016.kept": (
        "The form was from an earlier visit. Check what you typed, then send it.",
        (
            "Das Formular war von einem früheren Besuch. Prüfen Sie, was Sie "
            "geschrieben haben, und senden Sie es dann."
        ),
    ),
    "PAGE-017": ("It could not be saved", "Es konnte nicht gespeichert werden"),
    "PAGE-017.do": (
        "Please go back and send the form again in a few minutes.",
        (
            "Bitte gehen Sie zurück und senden Sie das Formular in einigen Minuten "
            "noch einmal."
        ),
    ),
    "PAGE-018": ("The code could not be sent", "Der Code konnte nicht gesendet werden"),
    "PAGE-018.do": (
        "Please try again in a few minutes.",
        "Bitte versuchen Sie es in einigen Minuten noch einmal.",
    ),
    "PAGE-019": ("This does not work", "So geht es nicht"),
    "PAGE-019.do": (
        "Open the link from the mail in a browser.",
        "Öffnen Sie den Link aus der Mail in einem Browser.",
    ),
}
