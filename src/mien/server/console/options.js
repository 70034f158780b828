/**
 * Lists what a client may set on each model, with the contract's defaults and one line on what each does.
 *
 * @module options
 */

/**
 * @typedef {object} Option
 * @property {string} name as on the wire
 * @property {string} title as people say it
 * @property {"number"|"integer"|"boolean"|"choice"|"switch"|"window"} type a switch is `{}` when on and null when off
 * @property {*} default
 * @property {string} about one line on what it does
 * @property {number} [min]
 * @property {number} [max]
 * @property {number} [step]
 * @property {string} [unit]
 * @property {Array<[string, string]>} [choices] value and words
 */

/**
 * @typedef {object} Model
 * @property {string} name as on the wire
 * @property {string} title
 * @property {string} about one line on what it measures
 * @property {Option[]} options
 */

const SPEAKERS = {
  name: "identify_speakers",
  title: "Tell speakers apart",
  type: "boolean",
  default: false,
  about: "Groups the predictions by who speaks, spk_0, spk_1 and so on.",
};
const GRANULARITIES = [
  ["word", "Word"],
  ["utterance", "Utterance"],
  ["sentence", "Sentence"],
  ["conversational_turn", "Conversational turn"],
];

/** @type {Model[]} */
export const MODELS = [
  {
    name: "face",
    title: "Face",
    about: "What each face expresses, in images and in the pictures of a video.",
    options: [
      {
        name: "fps_pred",
        title: "Pictures per second",
        type: "number",
        default: 3,
        min: 0,
        max: 60,
        step: 0.5,
        about: "How many pictures of each second of video are looked at; 0 takes every frame.",
      },
      {
        name: "prob_threshold",
        title: "Certainty of a face",
        type: "number",
        default: 0.99,
        min: 0,
        max: 1,
        step: 0.01,
        about: "Faces the detector is less sure of are left out.",
      },
      {
        name: "min_face_size",
        title: "Smallest face",
        type: "integer",
        default: 60,
        min: 0,
        max: 10000,
        step: 1,
        unit: "pixels",
        about: "Faces whose shorter side is smaller are left out.",
      },
      {
        name: "identify_faces",
        title: "Tell people apart",
        type: "boolean",
        default: false,
        about: "Groups faces by person, face_0, face_1 and so on, within a source.",
      },
      {
        name: "facs",
        title: "Action units",
        type: "switch",
        default: null,
        about: "Adds 36 movements of the face, such as AU12 Lip Corner Puller.",
      },
      {
        name: "descriptions",
        title: "Descriptions",
        type: "switch",
        default: null,
        about: "Adds 27 plain descriptions, such as smile, frown or squint.",
      },
      {
        name: "save_faces",
        title: "Save faces",
        type: "boolean",
        default: false,
        about: "Puts a picture of each face into the artifacts.",
      },
    ],
  },
  {
    name: "prosody",
    title: "Prosody",
    about: "What the voice expresses by its melody, pace and loudness, beside the words.",
    options: [
      {
        name: "granularity",
        title: "Granularity",
        type: "choice",
        default: "utterance",
        choices: GRANULARITIES,
        about: "How long a stretch of speech gets one row of scores.",
      },
      {
        name: "window",
        title: "Sliding window",
        type: "window",
        default: null,
        min: 0.5,
        step: 0.5,
        about: "Cuts the sound by the clock, not by what is said; granularity then counts for nothing.",
      },
      SPEAKERS,
    ],
  },
  {
    name: "burst",
    title: "Vocal burst",
    about: "What laughs, sighs, gasps and other sounds without words express.",
    options: [],
  },
  {
    name: "language",
    title: "Language",
    about: "What the words express, in texts and in the transcript of speech.",
    options: [
      {
        name: "granularity",
        title: "Granularity",
        type: "choice",
        default: "word",
        choices: [...GRANULARITIES, ["passage", "Passage (the whole text)"]],
        about: "How long a stretch of text gets one row of scores; a word is read with all before it.",
      },
      {
        name: "sentiment",
        title: "Sentiment",
        type: "switch",
        default: null,
        about: "Adds how positive the text is: a distribution over 1 (negative) to 9 (positive).",
      },
      {
        name: "toxicity",
        title: "Toxicity",
        type: "switch",
        default: null,
        about: "Adds six kinds of toxic language, such as insult or threat.",
      },
      SPEAKERS,
    ],
  },
  {
    name: "ner",
    title: "Named entities",
    about: "People, places and things that are named, and what is expressed towards them.",
    options: [SPEAKERS],
  },
  {
    name: "facemesh",
    title: "Facemesh",
    about: "What a face expresses, from 468 points on it instead of its picture.",
    options: [],
  },
];

/** The tags the wire knows, with their names. */
const LANGUAGES = [
  ["zh", "Chinese"],
  ["da", "Danish"],
  ["nl", "Dutch"],
  ["en", "English"],
  ["en-AU", "English (Australia)"],
  ["en-IN", "English (India)"],
  ["en-NZ", "English (New Zealand)"],
  ["en-GB", "English (United Kingdom)"],
  ["fr", "French"],
  ["fr-CA", "French (Canada)"],
  ["de", "German"],
  ["hi", "Hindi"],
  ["hi-Latn", "Hindi (Latin script)"],
  ["id", "Indonesian"],
  ["it", "Italian"],
  ["ja", "Japanese"],
  ["ko", "Korean"],
  ["no", "Norwegian"],
  ["pl", "Polish"],
  ["pt", "Portuguese"],
  ["pt-BR", "Portuguese (Brazil)"],
  ["pt-PT", "Portuguese (Portugal)"],
  ["ru", "Russian"],
  ["es", "Spanish"],
  ["es-419", "Spanish (Latin America)"],
  ["sv", "Swedish"],
  ["ta", "Tamil"],
  ["tr", "Turkish"],
  ["uk", "Ukrainian"],
];

/** @type {Option[]} What can be set on how speech becomes text. */
export const TRANSCRIPTION = [
  {
    name: "language",
    title: "Spoken language",
    type: "choice",
    default: null,
    choices: [[null, "Detect it"], ...LANGUAGES],
    about: "Left open, it is detected.",
  },
  {
    name: "confidence_threshold",
    title: "Certainty of the transcript",
    type: "number",
    default: 0.5,
    min: 0,
    max: 1,
    step: 0.05,
    about: "A less certain transcript is not used, and an error says so.",
  },
  {
    name: "identify_speakers",
    title: "Tell speakers apart",
    type: "boolean",
    default: false,
    about: "Does so for prosody, language and entities at once.",
  },
];

/** Limits of one request. Sizes in bytes. */
export const LIMITS = {
  files: 100,
  urls: 100,
  texts: 100,
  fileBytes: 100 * 1024 ** 2,
  textBytes: 255 * 1024 ** 2,
  tags: 20,
  tagCharacters: 64,
};

/** What a sliding window is when somebody asks for one. */
export const WINDOW = { length: 4, step: 1 };

/** Tells whether a value is the default, so that it need not be sent. */
export function isDefault(option, value) {
  return value === undefined || value === null || (typeof value !== "object" && value === option.default);
}
