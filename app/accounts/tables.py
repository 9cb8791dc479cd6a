"""What is stored about accounts. No row here holds a password, a token, a code or a secret in the clear."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Boolean, Date, Text, Timestamptz, Varchar
from piccolo.table import Table


class AccountTable(Table, tablename="account"):
    """One person of one bureau, or one witness invited for one draw (`draw` says which)."""

    id = BigSerial(primary_key=True)
    bureau = Varchar(length=6)
    staff_number = Varchar(length=30)
    name = Varchar(length=50)
    districts = Varchar(length=1000, default="")
    draw = Varchar(length=40, default="")
    password = Varchar(length=200)
    password_set_at = Timestamptz()
    one_time_password = Boolean(default=True)
    valid_from = Date(null=True, default=None)
    valid_to = Date(null=True, default=None)
    locked_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz()


class RoleGrantTable(Table, tablename="role_grant"):
    """One granting or withdrawing of a role; the newest of an account and role says how it stands."""

    id = BigSerial(primary_key=True)
    bureau = Varchar(length=6)
    account = BigInt()
    role = Varchar(length=30)
    deed = Varchar(length=10)
    granter = BigInt(null=True, default=None)
    at = Timestamptz()
    reason = Varchar(length=500)


class SessionTable(Table, tablename="staff_session"):
    """One sign-in on one device; a second factor or a new password ends it and begins another."""

    id = BigSerial(primary_key=True)
    bureau = Varchar(length=6)
    account = BigInt()
    token_digest = Varchar(length=64)
    created_at = Timestamptz()
    seen_at = Timestamptz()
    second_factor_at = Timestamptz(null=True, default=None)
    address = Varchar(length=45)
    device = Varchar(length=100)
    ended_at = Timestamptz(null=True, default=None)
    ended_why = Varchar(length=20, default="")


class AttemptTable(Table, tablename="sign_in_attempt"):
    """One attempt; `subject` is a keyed digest, because people type passwords into the wrong field."""

    id = BigSerial(primary_key=True)
    subject = Varchar(length=64)
    stage = Varchar(length=20)
    address = Varchar(length=45)
    at = Timestamptz()
    outcome = Varchar(length=10)


class SecondFactorTable(Table, tablename="second_factor"):
    """The encrypted secret of somebody's code generator; in use once confirmed, until removed."""

    id = BigSerial(primary_key=True)
    bureau = Varchar(length=6)
    account = BigInt()
    secret = Varchar(length=200)
    enrolled_at = Timestamptz()
    confirmed_at = Timestamptz(null=True, default=None)
    last_counter = BigInt()
    removed_at = Timestamptz(null=True, default=None)


class RecoveryCodeTable(Table, tablename="recovery_code"):
    """The keyed digest of one recovery code, good for one sign-in without the code generator."""

    id = BigSerial(primary_key=True)
    bureau = Varchar(length=6)
    account = BigInt()
    digest = Varchar(length=64)
    made_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)
    void_at = Timestamptz(null=True, default=None)


class InvitationTable(Table, tablename="witness_invitation"):
    """The slip of one witness for one draw: used once to choose a PIN."""

    id = BigSerial(primary_key=True)
    bureau = Varchar(length=6)
    account = BigInt()
    draw = Varchar(length=40)
    office = Varchar(length=100)
    slip_digest = Varchar(length=64)
    inviter = BigInt()
    invited_at = Timestamptz()
    redeemed_at = Timestamptz(null=True, default=None)
    withdrawn_at = Timestamptz(null=True, default=None)
    reason = Varchar(length=500, default="")


class ApiTokenTable(Table, tablename="api_token"):
    """A token by which a program acts as its owner, within some of the owner's capabilities, up to a day."""

    id = BigSerial(primary_key=True)
    bureau = Varchar(length=6)
    account = BigInt()
    purpose = Varchar(length=100)
    scopes = Varchar(length=500)
    token_digest = Varchar(length=64)
    made_at = Timestamptz()
    valid_to = Date()
    used_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)


class ApiAnswerTable(Table, tablename="api_answer"):
    """What was answered to a write under an idempotency key, so that the same request is not done twice."""

    id = BigSerial(primary_key=True)
    token = BigInt()
    key_digest = Varchar(length=64)
    request_digest = Varchar(length=64)
    body = Text()
    at = Timestamptz()
