"""What staff see of a member who need not know more: enough to tell two apart, too little to write or call."""

import ipaddress

from jangteo.user.domain.member import Profile

_SHOWN_DIGITS = 4
_IPV4 = 4


def masked(profile: Profile) -> Profile:
    """Return a profile as 김*수, ho***@example.test, ******5678."""
    return Profile(
        email=masked_email(profile.email),
        name=masked_name(profile.name),
        phone=None if profile.phone is None else masked_phone(profile.phone),
    )


def masked_email(email: str) -> str:
    """Return an address with two letters of its local part at the most, and never all of them."""
    local, _, domain = email.rpartition("@")
    return local[: min(2, len(local) - 1)] + "***@" + domain


def masked_name(name: str) -> str:
    """Return a name without its middle: 김*수; of two letters the second is hidden."""
    return name[0] + "*" * max(1, len(name) - 2) + (name[-1] if len(name) > 2 else "")


def masked_phone(phone: str) -> str:
    """Return a number with its last four digits only."""
    return "*" * (len(phone) - _SHOWN_DIGITS) + phone[-_SHOWN_DIGITS:]


def masked_address(address: str) -> str:
    """Return the net of a network address: 203.0.113.*, 2001:db8:0:*; nothing of what is none."""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if read.version == _IPV4:
        return str(read).rpartition(".")[0] + ".*"
    return ":".join(group.lstrip("0") or "0" for group in read.exploded.split(":")[:3]) + ":*"
