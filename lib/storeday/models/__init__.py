"""Models that ship: their ONNX files, their manifest and a card each."""
