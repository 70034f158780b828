/** The labels that tables in CSV do not tell apart by themselves: which column belongs to which head. */

/** Every expression that has a score on the wire: 48 of faces and voices, and those of words. */
export const EMOTIONS = new Set([
  "Admiration", "Adoration", "Aesthetic Appreciation", "Amusement", "Anger", "Annoyance", "Anxiety", "Awe", "Awkwardness",
  "Boredom", "Calmness", "Concentration", "Confusion", "Contemplation", "Contempt", "Contentment", "Craving", "Desire",
  "Determination", "Disappointment", "Disapproval", "Disgust", "Distress", "Doubt", "Ecstasy", "Embarrassment",
  "Empathic Pain", "Enthusiasm", "Entrancement", "Envy", "Excitement", "Fear", "Gratitude", "Guilt", "Horror", "Interest",
  "Joy", "Love", "Nostalgia", "Pain", "Pride", "Realization", "Relief", "Romance", "Sadness", "Sarcasm", "Satisfaction",
  "Shame", "Surprise (negative)", "Surprise (positive)", "Sympathy", "Tiredness", "Triumph",
]);

const TOXICITY = new Set(["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]);

/**
 * Return the head that a column of scores belongs to.
 * @param {string} model
 * @param {string} label
 * @returns {string} emotions, facs, descriptions, sentiment or toxicity
 */
export function headOf(model, label) {
  if (EMOTIONS.has(label)) return "emotions";
  if (model === "face") return /^(AU\d|Hand )/.test(label) ? "facs" : "descriptions";
  if (model === "burst") return "descriptions";
  if (/^[1-9]$/.test(label)) return "sentiment";
  return TOXICITY.has(label) ? "toxicity" : "emotions";
}
