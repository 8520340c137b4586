"""How pages look: readable on an old phone, in bright light, by everybody. Pure."""

import base64
import hashlib
from collections.abc import Mapping
from string import Template

#: The colours, and what each is: text and lines have a contrast of 4.5 or more with
#: whatever they stand on (WCAG 2.2, 1.4.3 and 1.4.11).
COLOURS: Mapping[str, str] = {
    "ink": "#1a1a1a",
    "paper": "#ffffff",
    "quiet": "#4d4d4d",
    "band": "#f1f4f6",
    "action": "#0b4a7d",
    "onaction": "#ffffff",
    "wrong": "#9b1c1c",
    "warning": "#fff1d6",
    "good": "#e4f3e6",
    "line": "#6b6b6b",
    "focus": "#b34700",
}
#: What stands on what.
PAIRS = (
    ("ink", "paper"),
    ("ink", "band"),
    ("ink", "warning"),
    ("ink", "good"),
    ("quiet", "paper"),
    ("action", "paper"),
    ("action", "band"),
    ("onaction", "action"),
    ("wrong", "paper"),
    ("line", "paper"),
    ("focus", "paper"),
    ("focus", "band"),
)
_SHEET = Template("""
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:$paper;color:$ink;font:1.0625rem/1.5 sans-serif}
header,main,footer{max-width:40rem;margin:0 auto;padding:.75rem 1rem}
header{display:block;border-bottom:1px solid $line;overflow:hidden}
header strong{float:left;padding:.5rem 0}
header nav{float:right}
footer{color:$quiet;font-size:.9375rem;border-top:1px solid $line;margin-top:2rem}
a{color:$action}
header a{display:inline-block;padding:.5rem}
a:focus,button:focus,input:focus,select:focus,textarea:focus,h1:focus,
.summary:focus{outline:3px solid $focus;outline-offset:2px}
.skip{position:absolute;left:-999rem}
.skip:focus{position:static;display:inline-block;padding:.5rem}
h1{font-size:1.5rem;line-height:1.25;margin:.75rem 0;overflow-wrap:anywhere;
word-break:break-word}
h2{font-size:1.1875rem;line-height:1.3;margin:1.75rem 0 .5rem}
p{margin:.5rem 0}
dl{margin:0}
dt{color:$quiet;font-size:.9375rem;margin-top:.75rem}
dd{margin:0;overflow-wrap:break-word;word-wrap:break-word;white-space:pre-line}
.box{border:1px solid $line;border-left-width:.5rem;padding:.5rem .75rem;margin:1rem 0}
.box h2{margin:.25rem 0}
.box dl{margin-bottom:.5rem}
.state strong{font-size:1.1875rem}
.warning{background:$warning;border-color:$focus}
.good{background:$good;border-color:$action}
.state{background:$band;border-color:$action}
.summary{border:3px solid $wrong;padding:.5rem .75rem;margin:1rem 0}
.summary h2{margin:.25rem 0;color:$wrong}
.wrong{color:$wrong;font-weight:bold;display:block}
.hint{color:$quiet;display:block}
form{margin:0}
fieldset{border:0;margin:1rem 0;padding:0}
legend{font-weight:bold;padding:0}
label{display:block;font-weight:bold}
.field{margin:1rem 0}
.choice{margin:0;position:relative}
.choice label{font-weight:normal;padding:.625rem 0 .625rem 2.25rem}
.choice input{position:absolute;left:0;top:.6875rem;width:1.375rem;height:1.375rem;
margin:0;z-index:1}
.hint,.wrong{margin-bottom:.25rem}
input,select,textarea{font:inherit;color:$ink;background:$paper;
border:1px solid $line;border-radius:0;padding:.5rem;width:100%;max-width:100%}
.short{max-width:14rem}
textarea{min-height:6rem}
button,.button{font:inherit;font-weight:bold;display:block;width:100%;
text-align:center;text-decoration:none;border:2px solid $action;padding:.6875rem .75rem;
margin:.5rem 0;background:$paper;color:$action;cursor:pointer}
.first{background:$action;color:$onaction}
ul{padding-left:1.25rem}
ul.steps{list-style:none;padding:0;margin:0}
""")
SHEET = "".join(_SHEET.substitute(COLOURS).strip().splitlines())


def _digest(sheet: str) -> str:
    return base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()


#: What a browser may do with a page: nothing but show it and post back to it.
POLICY = (
    "default-src 'none'; "
    f"style-src 'sha256-{_digest(SHEET)}'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21. Source: WCAG 2.2, glossary."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4  # noqa: PLR2004  # as the source says
        for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
