"""Payments: money that reached us or went back."""
