// Walk through the batch API with the TypeScript SDK as a user would, and print as JSON what came back.
// node walk.mjs BASE_URL KEY FOLDER
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { HumeClient } from "hume";

const [baseUrl, apiKey, folder] = process.argv.slice(2);
const client = new HumeClient({ apiKey, environment: baseUrl });
const batch = client.expressionMeasurement.batch;
const everyModel = {
  face: { fpsPred: 3, identifyFaces: true, facs: {} },
  burst: {},
  prosody: { granularity: "utterance" },
  language: { granularity: "word" },
  ner: {},
  facemesh: {},
};

async function refusal(call) {
  try {
    await call();
  } catch (error) {
    return [error.statusCode, error.body?.message];
  }
  return null;
}

function shape(predictions) {
  return predictions.map((element) => ({
    source: element.source.type,
    error: element.error ?? null,
    models: (element.results?.predictions ?? []).map((entry) =>
      Object.fromEntries(
        Object.entries(entry.models).map(([name, model]) => [
          name,
          [model.groupedPredictions.map((group) => group.id), model.groupedPredictions[0].predictions[0].emotions.length],
        ]),
      ),
    ),
  }));
}

async function byUrl() {
  const job = await batch.startInferenceJob({
    urls: ["https://media.example.com/clip.mp4", "https://media.example.com/gone.png"],
    text: ["Good morning."],
    models: everyModel,
    transcription: { language: "en" },
    notify: false,
  });
  await job.awaitCompletion(30);
  const details = await batch.getJobDetails(job.jobId);
  const artifacts = await batch.getJobArtifacts(job.jobId);
  return {
    id: job.jobId.length,
    state: [details.state.status, details.state.numPredictions, details.state.numErrors],
    echo: [details.request.models.face.fpsPred, details.request.models.face.minFaceSize],
    predictions: shape(await batch.getJobPredictions(job.jobId)),
    zip: Buffer.from(await artifacts.arrayBuffer()).subarray(0, 2).toString(),
  };
}

async function byFile() {
  const job = await batch.startInferenceJobFromLocalFile({
    file: [createReadStream(join(folder, "pic.png")), new Blob([await readFile(join(folder, "pic.png"))])],
    json: { models: { face: { minFaceSize: 48 } } },
  });
  await job.awaitCompletion(30);
  const details = await batch.getJobDetails(job.jobId);
  return {
    files: details.request.files.map((file) => [file.filename, file.md5Sum]),
    models: [details.request.models.face.minFaceSize, details.request.models.prosody ?? null],
    sources: (await batch.getJobPredictions(job.jobId)).map((element) => element.source.filename),
  };
}

async function failing() {
  const job = await batch.startInferenceJob({ urls: ["https://media.example.com/gone.png"] });
  await job.awaitCompletion(30);
  const { state } = await batch.getJobDetails(job.jobId);
  return [state.status, state.message];
}

async function refusals() {
  const stranger = new HumeClient({ apiKey: "wrong", environment: baseUrl }).expressionMeasurement.batch;
  const slow = await batch.startInferenceJob({ urls: ["https://media.example.com/slow.png"] });
  const found = {
    early: await refusal(() => batch.getJobPredictions(slow.jobId)),
    "bad key": await refusal(() => stranger.listJobs()),
    "unknown job": await refusal(() => batch.getJobDetails("00000000-0000-4000-8000-00000000dead")),
    "no source": await refusal(() => batch.startInferenceJob()),
    "bad option": await refusal(() => batch.startInferenceJob({ text: ["x"], models: { face: { probThreshold: 2 } } })),
  };
  await slow.awaitCompletion(30);
  return found;
}

async function otherKeys() {
  const bearer = new HumeClient({ accessToken: apiKey, environment: baseUrl }).expressionMeasurement.batch;
  const byBaseUrl = new HumeClient({ apiKey, baseUrl }).expressionMeasurement.batch;
  return [(await bearer.listJobs({ limit: 1 })).length, (await byBaseUrl.listJobs({ limit: 1 })).length];
}

const report = {
  "by url": await byUrl(),
  "by file": await byFile(),
  failing: await failing(),
  refusals: await refusals(),
  "other ways in": await otherKeys(),
  listing: (await batch.listJobs({ limit: 2, status: ["COMPLETED", "FAILED"], direction: "asc" })).map((job) => job.type),
};
console.log(JSON.stringify(report));
// The SDK's waiting helper leaves its timers running.
process.exit(0);
