"""Kaggle as it is: addresses, the official client, downloads that resume, archives unpacked with care, leaderboards."""
