"""States and kinds of documents.

Source: HL7 v2.5.1, section 9.5 and tables 0085, 0123, 0191, 0270, 0271 and 0273.
"""

from typing import Literal

from msgspec import Struct


class Rule(Struct, frozen=True):
    """What a trigger states of its document, and of the parent of that."""

    status: str = ""
    relation: Literal["", "addendum", "replacement"] = ""
    parent_status: str = ""


#: By trigger of MDM; even numbers carry the content, odd ones do not. T03 and T04
#: change the status, which then stands in TXA-19.
TRIGGERS = {
    "T01": Rule("available"),
    "T02": Rule("available"),
    "T03": Rule(),
    "T04": Rule(),
    "T05": Rule("available", "addendum", "amended"),
    "T06": Rule("available", "addendum", "amended"),
    "T07": Rule("amended"),
    "T08": Rule("amended"),
    "T09": Rule("available", "replacement", "replaced"),
    "T10": Rule("available", "replacement", "replaced"),
    "T11": Rule("retracted"),
}

#: By availability (TXA-19, table 0273). UN says that it may not be used yet.
AVAILABILITY = {"AV": "available", "CA": "retracted", "OB": "replaced"}
UNAVAILABLE = "UN"

#: By result status (OBX-11, table 0085, and OBR-25, table 0123).
RESULT_STATUS = {
    "P": "available",
    "R": "available",
    "S": "available",
    "A": "available",
    "F": "available",
    "U": "available",
    "V": "available",
    "B": "available",
    "C": "amended",
    "K": "amended",
    "X": "retracted",
    "D": "retracted",
    "W": "retracted",
}
#: The same two tables for codes that say that there is no document yet.
NOT_YET = frozenset({"I", "N", "O", "Y", "Z"})

#: From document types (TXA-2, table 0270) to LOINC.
KINDS = {
    "AR": "18743-5",
    "CN": "11488-4",
    "DI": "18748-4",
    "DS": "18842-5",
    "ED": "34111-5",
    "HP": "34117-2",
    "OP": "11504-8",
    "PN": "28570-0",
    "PR": "11506-3",
    "SP": "11526-1",
    "TS": "18761-7",
}

#: Kinds whose text in a result (ORU) is a document too: letters at a discharge.
LETTERS = frozenset(
    {"18842-5", "11490-0", "28655-9", "34105-7", "34106-5", "18761-7", "34133-9"}
)

#: From type of data (ED-2, table 0191) to the first half of a media type.
TYPES = {
    "AP": "application",
    "APPLICATION": "application",
    "AU": "audio",
    "AUDIO": "audio",
    "FT": "text",
    "IM": "image",
    "IMAGE": "image",
    "MULTIPART": "multipart",
    "SI": "image",
    "TEXT": "text",
    "TX": "text",
}

#: From subtype (ED-3, table 0291) to media types, whatever the type says.
SUBTYPES = {
    "PDF": "application/pdf",
    "RTF": "application/rtf",
    "JPEG": "image/jpeg",
    "JPG": "image/jpeg",
    "PNG": "image/png",
    "TIFF": "image/tiff",
    "TIF": "image/tiff",
    "GIF": "image/gif",
    "HTML": "text/html",
    "HTM": "text/html",
    "XML": "text/xml",
    "DICOM": "application/dicom",
    "DOCX": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "MSWORD": "application/msword",
    "ZIP": "application/zip",
    "X-HL7-CDA-LEVEL-ONE": "text/xml",
}

#: How the content begins, where the sender does not say what it is.
SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"{\\rtf", "application/rtf"),
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"<?xml", "text/xml"),
)

#: From confidentiality (TXA-18, table 0272) to the hub's; U is usual control.
CONFIDENTIALITY = {"R": "R", "V": "V"}
