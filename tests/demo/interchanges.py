"""A file of 278 notifications as the hub sends it; synthetic."""

from datetime import UTC, datetime

NOW = datetime(2026, 3, 14, 10, 20, tzinfo=UTC)
NOTICE = (
    "ISA*00*          *00*          *ZZ*CAREHUB        *ZZ*PAYER-A        "
    "*260314*1020*^*00501*000000007*0*P*:~"
    "GS*HI*CAREHUB*PAYER-A*20260314*1020*000000007*X*005010X216~"
    "ST*278*0001*005010X216~BHT*0007*01*000000007*20260314*102000~"
    "HL*3*2*22*1~NM1*IL*1*Beispiel*Berta****MI*PA-1~REF*EJ*0001~"
    "HL*4*3*EV*0~TRN*1*evt_2*9CAREHUB00~UM*AR*3~REF*NT*evt_1~SE*10*0001~"
    "GE*1*000000007~IEA*1*000000007~"
)
