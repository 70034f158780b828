/**
 * Takes what is dropped, chosen or pasted: files, whole folders, archives.
 *
 * @module sources
 */

/** What systems leave in folders and nobody means to send. */
const NOISE = /(^|\/)(\.|__MACOSX\/|Thumbs\.db$|desktop\.ini$)/;

/** What a name ends in, to draw what a file is; the server looks at the bytes. */
const KINDS = [
  ["image", /\.(jpe?g|png|gif|webp|bmp|tiff?|heic|avif)$/i],
  ["video", /\.(mp4|m4v|mov|mkv|webm|avi|mpe?g|wmv|flv|3gp)$/i],
  ["audio", /\.(wav|mp3|m4a|aac|flac|ogg|oga|opus|wma|aiff?)$/i],
  ["archive", /\.(zip|tar|tgz|tar\.(gz|bz2|xz)|tbz2|txz)$/i],
  ["text", /\.(txt|md|srt|vtt|csv|json)$/i],
];

/**
 * Reads what was dropped, folders to their depths.
 *
 * @param {DataTransfer} transfer read before the event handler returns, as browsers empty it then
 * @returns {Promise<import("./draft.js").Upload[]>}
 */
export async function droppedUploads(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const taken = items.map((item) => ({ entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile() }));
  const uploads = await Promise.all(
    taken.map(({ entry, file }) => (entry?.isDirectory ? folderOf(entry) : file && uploadOf(file))),
  );
  return uploads.filter((upload) => upload && (!upload.members || upload.members.length));
}

/**
 * Sorts the files of a file chooser into single files and folders.
 *
 * @param {Iterable<File>} files
 * @returns {import("./draft.js").Upload[]}
 */
export function chosenUploads(files) {
  const folders = new Map();
  const uploads = [];
  for (const file of files) {
    const path = file.webkitRelativePath;
    if (!path) {
      uploads.push(uploadOf(file));
    } else if (!NOISE.test(path)) {
      const name = path.split("/")[0];
      if (!folders.has(name)) folders.set(name, []);
      folders.get(name).push({ path, file });
    }
  }
  return [...uploads, ...[...folders].map(([name, members]) => asFolder(name, members))];
}

/** Makes an upload of one file. */
export function uploadOf(file) {
  return { name: file.name, size: file.size, file, members: null };
}

/** Makes an upload that is still to be given. */
export function missingUpload(name) {
  return { name, size: 0, file: null, members: null };
}

/** Names the icon of a file or folder. */
export function kindOf(upload) {
  if (upload.members) return "folder";
  return KINDS.find(([, ending]) => ending.test(upload.name))?.[0] ?? "file";
}

/** Splits lines into addresses; `bad` are those that no http(s) address is. */
export function parsedUrls(text) {
  const lines = text.split(/\s+/).filter(Boolean);
  const good = lines.filter(isAddress);
  return { good, bad: lines.filter((line) => !isAddress(line)) };
}

function isAddress(line) {
  try {
    const { protocol, hostname } = new URL(line);
    return (protocol === "http:" || protocol === "https:") && hostname !== "";
  } catch {
    return false;
  }
}

function asFolder(name, members) {
  members.sort((a, b) => a.path.localeCompare(b.path, "en", { numeric: true }));
  return { name, size: members.reduce((sum, { file }) => sum + file.size, 0), file: null, members };
}

async function folderOf(directory) {
  const members = [];
  const waiting = [directory];
  while (waiting.length) {
    for (const entry of await childrenOf(waiting.pop())) {
      const path = entry.fullPath.replace(/^\//, "");
      if (NOISE.test(path)) continue;
      if (entry.isDirectory) waiting.push(entry);
      else
        members.push({
          path,
          file: await new Promise((resolve, reject) => {
            entry.file(resolve, reject);
          }),
        });
    }
  }
  return asFolder(directory.name, members);
}

/** Lists a folder; a reader gives some hundred entries at a time, and none at the end. */
async function childrenOf(directory) {
  const reader = directory.createReader();
  const children = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (!some.length) return children;
    children.push(...some);
  }
}
