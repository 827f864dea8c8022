"""Texts in which credentials, labels and invisible characters meet."""

from hypothesis import strategies as st

from tests.data.credentials import CREDENTIALS

SECRETS = {
    "a private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
    "a token of JSON": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    "OpenAI's": "sk-proj-abc123DEF456",
    "Stripe's": "rk_live_abc123DEF456",
    "Amazon's": "AKIAIOSFODNN7EXAMPLE",
    "GitHub's": "ghp_abcdefghijklmnopqrstuvwxyz",
    "GitHub's fine-grained": "github_pat_abcdefghijklmnopqrst",
    "GitLab's": "glpat-abcdefghijklmnopqrst",
    "Slack's": "xoxb-1234567890-abc",
    "Google's": "AIzaSyabcdefghijklmnopqrstuvwxyz012345",
    "Hugging Face's": "hf_abcdefghijklmnopqrstuv",
    "a bearer's": "BEARER abc123DEF456==",
    "basic": "basic dXNlcjpwYXNzd29yZA==",
    "in an address": "postgres://me:hunter22@db.internal",
    "labelled": "API_KEY = abc123DEF456",
    "labelled in JSON": '{"client_secret": "abc123DEF456"}',
    "assigned": "Password=hunter",
    "a word in JSON": '{"password": "hunter"}',
}
WITH_CREDENTIALS = [template.format(secret) for template, secret in CREDENTIALS.values()]
_FILLERS = [" " * 30, "\n", "\x1b[31m", "\u200b", "key: ", "design", "a plain word ", "="]
PARTS = st.one_of(st.sampled_from([*SECRETS.values(), *WITH_CREDENTIALS, *_FILLERS]), st.text(max_size=8))
