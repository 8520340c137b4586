"""Validators that behave well and badly. The bodies of messages say how."""

import os
import time

from hub.contract import Remark
from hub.runtime.examiner import Validator
from hub.sdk import Settings


def obey(body, _profile):
    """Do what the message says; an ordinary one has a remark on its length."""
    match body:
        case b"hang":
            time.sleep(3600)
        case b"crash":
            os._exit(3)
        case b"raise":
            raise ValueError("Muster^Anna")
        case b"junk":
            return ["Muster^Anna"]
        case b"devour":
            return [bytes(1 << 40)]
        case b"print":
            os.write(1, b"Muster^Anna")
            os.write(2, b"Muster^Anna")
    return (Remark(severity="warning", place="PID-3", text=f"{len(body)} bytes"),)


def nested():
    """Return a validator that no other process can find."""

    def validate(_body, _profile):
        return ()

    return validate


OBEDIENT = Validator(obey, Settings())
