"""The mail provider of the sandbox: takes every mail by SMTP, delivers none, and shows them on a page."""
