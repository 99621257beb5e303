"""The conformance suites hold for what agentk ships."""

from __future__ import annotations

from pathlib import Path

from agentk.memory.disk import DiskShelf
from agentk.memory.embedders import HashingEmbedder
from agentk.memory.nested import NestedMemory
from agentk.memory.protocol import Embedder, Memory, Shelf
from agentk.memory.ram import RamShelf
from agentk.testing.memory import EmbedderConformance, MemoryConformance, ShelfConformance


class TestHashingEmbedder(EmbedderConformance):
    def make(self) -> Embedder:
        return HashingEmbedder()


class TestRamShelf(ShelfConformance):
    def make(self, folder: Path) -> Shelf:
        return RamShelf()


class TestDiskShelf(ShelfConformance):
    def make(self, folder: Path) -> Shelf:
        return DiskShelf(folder)


class TestMemoryInRam(MemoryConformance):
    def make(self, folder: Path) -> Memory:
        return NestedMemory(RamShelf(), HashingEmbedder())


class TestMemoryOnDisk(MemoryConformance):
    def make(self, folder: Path) -> Memory:
        return NestedMemory(DiskShelf(folder), HashingEmbedder())
