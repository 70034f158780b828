"""Cut text into the word pieces networks read; models and extractors read alike."""
