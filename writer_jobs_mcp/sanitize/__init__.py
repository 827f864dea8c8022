"""Make untrusted text safe to show: visible, without secrets, of bounded length."""
