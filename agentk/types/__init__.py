"""The ground: the words that cross the seams between parts. Nothing here imports another part."""
