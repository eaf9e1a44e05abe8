"""What the people of the crowd say, by language: openings, details, answers to our replies, thanks.

`{order}` becomes an order number. A problem with a picture is told with a photo now and then.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Problem:
    opening: str
    detail: str
    picture: str = ""
    """What a photo of it shows (crowd_photos.py), "" when there is nothing to photograph."""


@dataclass(frozen=True, kw_only=True)
class Language:
    greetings: tuple[str, ...]
    problems: tuple[Problem, ...]
    answers: tuple[str, ...]
    thanks: tuple[str, ...]
    nudges: tuple[str, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    weight: int


LANGUAGES: dict[str, Language] = {
    "en": Language(
        weight=10,
        greetings=("Hi there! ", "Hello, ", "Good morning. ", "Hey, ", ""),
        problems=(
            Problem(
                opening="my order {order} was due on Tuesday and still isn't here.",
                detail="Tracking has said 'out for delivery' for three days now",
            ),
            Problem(
                opening="the lamp I got yesterday arrived with a cracked shade.",
                detail="Order number is {order}. Can you send just the shade?",
                picture="lamp",
            ),
            Problem(
                opening="I was charged twice for {order}.",
                detail="Two identical payments on the same day, 39.90 each",
            ),
            Problem(
                opening="is the blue backpack coming back in stock?",
                detail="The larger one, 28 litres. No rush :)",
            ),
            Problem(
                opening="I can't sign in any more, the reset mail never arrives.",
                detail="Checked spam too. Tried four times since this morning",
            ),
            Problem(
                opening="the box of {order} was open when the courier left it.",
                detail="One of the two cups is missing",
                picture="parcel",
            ),
            Problem(
                opening="could you change the delivery address of {order}?",
                detail="New one: 12 Mill Lane, second floor. Same city",
            ),
        ),
        answers=(
            "Ok, done. What happens next?",
            "That was quick! How long will it take?",
            "Hmm, I tried that already, same result",
            "Yes please, go ahead",
            "It says {order} on the label, does that help?",
            "Is there anything I need to pay for that?",
        ),
        thanks=(
            "Perfect, thank you!",
            "Thanks a lot 🙏",
            "Great, that solved it. Thanks!",
            "Cheers 👍",
            "Lovely, thanks",
        ),
        nudges=("Any news?", "Hello? Is anyone there?", "Just checking whether you saw my message", "??"),
        first_names=("Olivia", "Noah", "Priya", "Marcus", "Grace", "Tomasz", "Ines", "Kofi", "Hannah", "Leo"),
        last_names=("Barker", "Osei", "Nguyen", "Walsh", "Mehta", "Lindqvist", "Romero", "Clarke", "Ito", "Novak"),
    ),
    "de": Language(
        weight=3,
        greetings=("Hallo, ", "Guten Tag, ", "Moin! ", ""),
        problems=(
            Problem(
                opening="meine Bestellung {order} ist seit einer Woche unterwegs.",
                detail="Laut Sendungsverfolgung liegt sie noch im Verteilzentrum",
            ),
            Problem(
                opening="die Größe passt leider nicht, kann ich tauschen?",
                detail="Ich bräuchte 42 statt 41, Bestellung {order}",
            ),
            Problem(
                opening="das Paket kam völlig durchnässt an.",
                detail="Der Inhalt ist zum Teil unbrauchbar",
                picture="parcel",
            ),
            Problem(
                opening="ich brauche für {order} eine Rechnung auf die Firma.",
                detail="Gerne als PDF, die USt-IdNr. schicke ich mit",
            ),
        ),
        answers=("Alles klar, und wie geht es weiter?", "Das habe ich schon probiert", "Ja, bitte so machen"),
        thanks=("Super, vielen Dank!", "Danke für die schnelle Hilfe 😊", "Prima, hat geklappt"),
        nudges=("Gibt es schon etwas Neues?", "Haben Sie meine Nachricht bekommen?"),
        first_names=("Anke", "Jonas", "Lena", "Emre", "Katrin", "Felix"),
        last_names=("Vogel", "Brandt", "Yilmaz", "Hoffmann", "Kaiser", "Petersen"),
    ),
    "es": Language(
        weight=3,
        greetings=("Hola, ", "Buenas tardes, ", "¡Buenas! ", ""),
        problems=(
            Problem(
                opening="¿dónde está mi pedido {order}?",
                detail="Tenía que llegar el lunes y nadie me avisa",
            ),
            Problem(
                opening="la lámpara no enciende.",
                detail="Ya he cambiado la bombilla dos veces",
                picture="lamp",
            ),
            Problem(opening="quiero devolver el pedido {order}.", detail="No lo he abierto. ¿Qué tengo que hacer?"),
        ),
        answers=("Vale, ¿y cuánto tarda?", "Sí, por favor", "Eso ya lo intenté ayer"),
        thanks=("¡Muchas gracias!", "Genial, gracias 😊", "Perfecto, resuelto"),
        nudges=("¿Alguna novedad?", "¿Hola?"),
        first_names=("Lucía", "Mateo", "Carmen", "Diego", "Paula"),
        last_names=("Serrano", "Ibáñez", "Castro", "Molina", "Vega"),
    ),
    "fr": Language(
        weight=3,
        greetings=("Bonjour, ", "Bonsoir, ", ""),
        problems=(
            Problem(
                opening="ma commande {order} n'est toujours pas arrivée.",
                detail="Le suivi n'a pas bougé depuis jeudi",
            ),
            Problem(
                opening="j'ai reçu la mauvaise couleur.",
                detail="J'avais choisi le vert, c'est du gris",
                picture="parcel",
            ),
            Problem(
                opening="le code promo ne fonctionne pas sur mon panier.",
                detail="Il affiche « code expiré » alors qu'il date d'hier",
            ),
        ),
        answers=("D'accord, et ensuite ?", "Oui, allez-y", "C'est déjà fait, rien ne change"),
        thanks=("Merci beaucoup !", "Parfait, merci 🙏", "Super, bonne journée"),
        nudges=("Avez-vous pu regarder ?", "Toujours rien de mon côté"),
        first_names=("Camille", "Hugo", "Aïcha", "Élodie", "Thibault"),
        last_names=("Moreau", "Diallo", "Lefèvre", "Garnier", "Roche"),
    ),
    "ar": Language(
        weight=2,
        greetings=("السلام عليكم، ", "مرحبا، ", ""),
        problems=(
            Problem(opening="طلبي رقم {order} لم يصل حتى الآن.", detail="كان من المفترض أن يصل يوم الأحد"),
            Problem(opening="وصلت العلبة مفتوحة.", detail="ينقصها كوب واحد", picture="parcel"),
            Problem(opening="هل يمكنني تغيير المقاس؟", detail="أحتاج 40 بدلا من 39، الطلب {order}"),
        ),
        answers=("حسنا، وماذا بعد؟", "نعم من فضلك", "جربت ذلك ولم ينجح"),
        thanks=("شكرا جزيلا!", "شكرا لكم 🙏", "ممتاز، تم حل المشكلة"),
        nudges=("هل من جديد؟", "هل وصلتكم رسالتي؟"),
        first_names=("ليلى", "يوسف", "سلمى", "خالد", "نور"),
        last_names=("حداد", "منصور", "الخطيب", "ناصر", "زيدان"),
    ),
    "he": Language(
        weight=1,
        greetings=("שלום, ", "היי, ", ""),
        problems=(
            Problem(opening="ההזמנה {order} עדיין לא הגיעה.", detail="לפי המעקב היא במחסן כבר שבוע"),
            Problem(opening="המנורה הגיעה שבורה.", detail="אפשר להחליף?", picture="lamp"),
        ),
        answers=("אוקיי, ומה עכשיו?", "כן, בבקשה", "כבר ניסיתי, לא עזר"),
        thanks=("תודה רבה!", "מעולה, תודה 🙏"),
        nudges=("יש חדש?", "קיבלתם את ההודעה שלי?"),
        first_names=("נועה", "איתי", "תמר", "אורי"),
        last_names=("לוי", "פרידמן", "אזולאי", "כץ"),
    ),
}
