"""The models at work, on ONNX Runtime: captioner, sentence encoder, visual projection."""
