"""Sound to log-mel spectrograms, read alike by the models that score and the extractor that finds bursts."""
