"""What the pictures of the design show: invented people, tickets and numbers."""

from typing import Any

FACES = {
    "Dana Okafor": "face-1",
    "Amal Haddad": "face-2",
    "Tomás Herrera": "face-3",
    "Priya Raman": "face-4",
    "Jonas Lindqvist": "face-5",
    "Aoife Byrne": "face-6",
    "Mei-Ling Chen": "face-7",
    "ليلى حداد": "face-8",
    "Marek Nowak": "face-9",
    "Kat Wren": "face-10",
    "Sofia Duarte": "face-11",
    "Ines Marchetti": "face-12",
    "Eve Lindqvist": "face-13",
    "Kofi Mensah": "face-14",
    "Ruth Adler": "face-15",
    "Theo Brandt": "face-16",
    "Hana Sato": "face-17",
    "Ruben Castell": "face-18",
    "Noor Rahimi": "face-19",
    "Sam Whitlock": "face-20",
    "Larkpost": "brand",
}

RAIL = [
    {"name": "tickets", "label": "Tickets", "icon": "inbox", "url": "#tickets", "key": "g i"},
    {"name": "search", "label": "Search", "icon": "search", "url": "#search", "key": ""},
    {"name": "reports", "label": "Reports", "icon": "chart-column", "url": "#reports", "key": "g t"},
    {"name": "people", "label": "People", "icon": "users", "url": "#people", "key": "g p"},
    {"name": "channels", "label": "Channels", "icon": "plug", "url": "#channels", "key": ""},
]
RAIL_END = [
    {"name": "health", "label": "Health", "icon": "activity", "url": "#health", "key": ""},
    {"name": "settings", "label": "Settings", "icon": "settings", "url": "#settings", "key": ""},
]
TAB_BAR = [
    {"name": "tickets", "label": "Tickets", "icon": "inbox", "url": "#tickets"},
    {"name": "search", "label": "Search", "icon": "search", "url": "#search"},
    {"name": "reports", "label": "Reports", "icon": "chart-column", "url": "#reports"},
    {"name": "me", "label": "Me", "icon": "circle-user", "url": "#me"},
]
AMAL = {"name": "Amal Haddad", "picture": "face-2", "presence": "here", "url": "#me"}
RUTH = {"name": "Ruth Adler", "picture": "face-15", "presence": "here", "url": "#me"}


def of(page: str) -> dict[str, Any]:
    """The variables of one page of the gallery."""
    shared = {"faces": FACES, "navigation": RAIL, "navigation_end": RAIL_END, "tab_items": TAB_BAR}
    return shared | PAGES.get(page, dict)()


def _row(name: str, words: str, clock: str, network: str, time: str, **more: Any) -> dict[str, Any]:
    """A ticket row; clock is "state|text|used"."""
    state, text, used = clock.split("|")
    owner = more.pop("owner", "")
    return {
        "name": name,
        "words": words,
        "clock": {"state": state, "text": text, "used": float(used)},
        "network": network,
        "time": time,
        "owner": owner,
        "owner_picture": FACES.get(owner, ""),
        "picture": FACES.get(name, ""),
        **more,
    }


AMAL_NAME, EVE, KOFI = "Amal Haddad", "Eve Lindqvist", "Kofi Mensah"
ROWS = [
    _row(
        "Tomás Herrera",
        "It says delivered, but there is nothing at my door",
        "over|3 min over|1",
        "whatsapp",
        "09:31",
        owner=AMAL_NAME,
        unread=True,
    ),
    _row(
        "Dana Okafor",
        "Thank you. Could I have the refund instead?",
        "soon|4 min|.8",
        "x",
        "09:48",
        owner=AMAL_NAME,
        current=True,
    ),
    _row(
        "Priya Raman",
        "Is this the walnut or the oak?",
        "soon|6 min|.76",
        "instagram",
        "09:40",
        owner=AMAL_NAME,
        unread=True,
        media="image",
    ),
    _row(
        "Jonas Lindqvist",
        "Can you leave it with the neighbour at 14?",
        "far|14 min|.55",
        "messenger",
        "09:48",
        owner=AMAL_NAME,
    ),
    _row(
        "Aoife Byrne",
        "Instagram not reached",
        "far|19 min|.4",
        "instagram",
        "09:58",
        owner=EVE,
        lead="Not delivered",
        lead_kind="bad",
    ),
    _row("Mei-Ling Chen", "Voice message, 0:18", "far|22 min|.3", "native", "09:56", unread=True, media="mic"),
    _row(
        "Brightwater Studio", "Hana: we need 40 more of the linen boxes", "far|41 min|.32", "slack", "09:45", owner=KOFI
    ),
    _row("ليلى حداد", "وصل الطلب ناقص قطعة واحدة، ماذا أفعل الآن؟", "far|52 min|.14", "whatsapp", "09:56", unread=True),
    _row(
        "Oluwaseun Adebayo-Fitzgerald-Whittington",
        "Second parcel from the same order is missing",
        "far|1 h 10|.2",
        "messenger",
        "09:44",
    ),
    _row(
        "Marek Nowak",
        "Hi Marek, I’ve asked the workshop",
        "far|1 h 25|.28",
        "x",
        "09:29",
        owner=AMAL_NAME,
        lead="Draft",
    ),
    _row("Kat Wren", "You: The new lamp leaves tomorrow", "paused|Waiting for Kat|0", "native", "08:52", owner=EVE),
    _row(
        "Sofia Duarte",
        "You: I’ll check with the courier",
        "paused|Until 14:00|0",
        "whatsapp",
        "08:20",
        owner="Ruth Adler",
    ),
    _row("Ines Marchetti", "Grazie mille! 🙏", "kept|Answered|0", "messenger", "07:58", owner=KOFI),
]
QUEUES = [
    {"label": "Mine", "icon": "circle-user", "count": 4, "key": "m"},
    {"label": "Unassigned", "icon": "inbox", "count": 9, "key": "u"},
    {"label": "My team", "icon": "users", "count": 31, "current": True},
    {"label": "Mentions", "icon": "at-sign", "count": 2},
    {"label": "Waiting longest", "icon": "hourglass", "count": 14},
    {"label": "Overdue", "icon": "alarm-clock", "count": 1, "bad": True},
    {"label": "Snoozed", "icon": "moon", "count": 3},
    {"label": "All open", "icon": "layers", "count": 46},
]
VIEWS = [
    {"label": "VIP", "icon": "star", "count": 2},
    {"label": "Arrived damaged", "icon": "tag", "count": 6},
    {"label": "Refunds over £50", "icon": "tag", "count": 3},
    {"label": "Arabic and French", "icon": "globe", "count": 5},
]
HERE = [
    {"name": "Amal Haddad", "picture": "face-2", "presence": "here", "load": "4 / 8"},
    {"name": "Eve Lindqvist", "picture": "face-13", "presence": "here", "load": "6 / 8"},
    {"name": "Kofi Mensah", "picture": "face-14", "presence": "here", "load": "8 / 8"},
    {"name": "Ruth Adler", "picture": "face-15", "presence": "away", "load": "3 / 6"},
]


def _console() -> dict[str, Any]:
    return {
        "section": "tickets",
        "me": AMAL,
        "rows": ROWS,
        "queues": QUEUES,
        "views": VIEWS,
        "here": HERE,
        "ticket": {"id": 2},
        "pane": "thread",
    }


PAGES = {
    "components": dict,
    "console-open": _console,
    "console-list": lambda: _console() | {"pane": "list"},
    "console-empty": lambda: _console() | {"ticket": None},
    "console-failed": _console,
    "talk": _console,
}


def _numbers(words: str) -> list[int]:
    return [int(word) for word in words.split()]


INBOX_ROWS = [
    {
        "name": "Larkpost",
        "words": "We can send a new shade today, or refund £18 and you keep it",
        "time": "10:05",
        "current": True,
        "verified": True,
    },
    {
        "name": "Lisbon in May",
        "words": "Theo: tram tickets are booked, 4 of us",
        "time": "09:58",
        "unread": 4,
        "others": [{"name": "Theo Brandt", "picture": "face-16"}, {"name": "Ines Marchetti", "picture": "face-12"}],
    },
    {"name": "Hana Sato", "words": "sent a photo", "time": "09:40", "unread": 1, "media": "image"},
    {"name": "Priya Raman", "words": "Voice message, 0:42", "time": "09:12", "unread": 1, "media": "mic"},
    {"name": "Kat Wren", "words": "You: ha, exactly that one 😄", "time": "Mon"},
    {"name": "Tomás Herrera", "words": "See you at seven then", "time": "Mon"},
    {"name": "Marlow Books", "words": "Your copy is ready to collect until Friday", "time": "Sun", "verified": True},
    {"name": "Jonas Lindqvist", "words": "You unsent a message", "time": "Sun"},
    {"name": "Sofia Duarte", "words": "Reacted 🙏 to “I can take the cat to the vet", "time": "20 Nov", "muted": True},
]
CUSTOMER_NAVIGATION = [
    {"name": "messages", "label": "Messages", "icon": "mail", "url": "#messages", "count": 3},
    {"name": "search", "label": "Search", "icon": "search", "url": "#search"},
    {"name": "notices", "label": "Notices", "icon": "bell", "url": "#notices"},
    {"name": "profile", "label": "Profile", "icon": "user", "url": "#profile"},
    {"name": "settings", "label": "Settings", "icon": "settings", "url": "#settings"},
]
MEI = {"name": "Mei-Ling Chen", "picture": "face-7", "url": "#me", "size": 36}
SIDE = [
    {"label": "Live board", "icon": "activity", "current": True},
    {"label": "Response times", "icon": "timer"},
    {"label": "Promises kept", "icon": "target"},
    {"label": "Agents and teams", "icon": "users"},
    {"label": "Ratings", "icon": "star"},
    {"label": "Volume and backlog", "icon": "message-circle"},
    {"section": "Saved"},
    {"label": "Monday meeting", "icon": "bookmark"},
]
AGENTS = [
    {"name": "Amal Haddad", "says": "Writing to Dana Okafor", "taken": 4, "places": 8, "presence": "here"},
    {"name": "Eve Lindqvist", "says": "Reading Aoife Byrne", "taken": 6, "places": 8, "presence": "here"},
    {"name": "Kofi Mensah", "says": "Writing to Brightwater Studio", "taken": 8, "places": 8, "presence": "here"},
    {"name": "Noor Rahimi", "says": "Nothing open for 2 min", "taken": 2, "places": 6, "presence": "here"},
    {
        "name": "Ruth Adler",
        "says": "Away for 12 min, back at 10:15",
        "taken": 3,
        "places": 6,
        "presence": "away",
        "away": True,
    },
]
CHANNELS = [
    ("whatsapp", 11, "33 min"),
    ("instagram", 8, "24 min"),
    ("x", 6, "16 min"),
    ("messenger", 4, "20 min"),
    ("native", 1, "8 min"),
    ("slack", 1, "19 min"),
]
WAITING = {
    "zone": "UTC",
    "x": [1_764_050_400 + 600 * step for step in range(25)],
    "lines": [
        {
            "label": "31 waiting",
            "kind": "main",
            "values": [
                int(n)
                for n in [
                    "18",
                    "19",
                    "17",
                    "16",
                    "18",
                    "21",
                    "24",
                    "23",
                    "22",
                    "20",
                    "19",
                    "22",
                    "26",
                    "29",
                    "33",
                    "36",
                    "34",
                    "31",
                    "28",
                    "27",
                    "26",
                    "29",
                    "31",
                    "33",
                    "31",
                ]
            ],
        },
        {
            "label": "1 overdue",
            "kind": "late",
            "values": [
                int(n) or None
                for n in [
                    "0",
                    "0",
                    "0",
                    "0",
                    "0",
                    "1",
                    "2",
                    "1",
                    "1",
                    "0",
                    "0",
                    "0",
                    "1",
                    "2",
                    "3",
                    "4",
                    "3",
                    "2",
                    "1",
                    "1",
                    "0",
                    "1",
                    "0",
                    "2",
                    "1",
                ]
            ],
        },
    ],
}
HEAT = [
    {
        "day": day,
        "cells": [
            {"step": (hour * 7 + row * 3) % 6 if hour != 3 else None, "says": f"{day} {hour:02d}–{hour + 1:02d}"}
            for hour in range(24)
        ],
    }
    for row, day in enumerate(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
]


def _messenger() -> dict[str, Any]:
    return {
        "navigation": CUSTOMER_NAVIGATION,
        "navigation_end": [],
        "tab_items": CUSTOMER_NAVIGATION[:4],
        "section": "messages",
        "me": MEI,
        "inbox_rows": INBOX_ROWS,
        "pane": "thread",
    }


def _reports() -> dict[str, Any]:
    return {
        "section": "reports",
        "me": RUTH,
        "side": SIDE,
        "rows": ROWS,
        "agents": AGENTS,
        "channels": CHANNELS,
        "waiting": WAITING,
        "heat": HEAT,
    }


PAGES |= {
    "messenger": _messenger,
    "messenger-inbox": lambda: _messenger() | {"pane": "list"},
    "profile": lambda: _messenger() | {"single": True, "section": "search"},
    "manager-live": _reports,
    "signin": lambda: {"all_is_well": True},
}
