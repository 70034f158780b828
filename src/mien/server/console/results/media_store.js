/**
 * Keeps, in this browser only, the files somebody gave for a job, so that results can be shown beside what they are
 * about: the server does not give uploads back. Under one job a file is known by its place among the uploads and by
 * its name.
 */

const DATABASE = "mien-media";
const FILES = "files";
const MOST_JOBS = 30;

/**
 * A kept file.
 * @typedef {{job: string, place: number, name: string, kept_ms: number, blob: Blob}} KeptFile
 */

/** Keeps files under the ids of jobs. Where the browser keeps nothing (private windows), they last as long as the page. */
export class MediaStore {
  constructor() {
    /** @type {KeptFile[]} what the database would not take */
    this.held = [];
    this.database = null;
  }

  /**
   * Keeps the uploads of a job, in the order they were sent; the oldest jobs' files make room.
   * @param {string} job
   * @param {(File|{name: string, blob: Blob})[]} files
   */
  async keep(job, files) {
    const now = Date.now();
    const kept = files.map((file, place) => ({ job, place, name: file.name, kept_ms: now, blob: file.blob ?? file }));
    await this._put(kept);
    await this._makeRoom(MOST_JOBS).catch(() => {});
  }

  /**
   * Keeps one file that somebody gave for a result later.
   * @param {string} job
   * @param {string} name what the result calls it
   * @param {Blob} blob
   */
  async give(job, name, blob) {
    const others = await this.filesOf(job);
    const place = Math.max(-1, ...others.map((file) => file.place)) + 1;
    await this._put([{ job, place: Math.max(place, 1000), name, kept_ms: Date.now(), blob }]);
  }

  /**
   * Finds a file of a job: the upload at that place when it has that name, else any of that name.
   * @param {string} job
   * @param {string} name
   * @param {number} place -1 when it is not known
   * @returns {Promise<Blob|null>}
   */
  async find(job, name, place = -1) {
    const files = (await this.filesOf(job)).filter((file) => file.name === name);
    // What was given later, by hand, is meant.
    const found = files.find((file) => file.place >= 1000) ?? files.find((file) => file.place === place) ?? files[0];
    return found?.blob ?? null;
  }

  /**
   * Lists what is kept of a job, in order.
   * @param {string} job
   * @returns {Promise<KeptFile[]>}
   */
  async filesOf(job) {
    const held = this.held.filter((file) => file.job === job);
    const stored = await this._read((files) => files.index("job").getAll(job)).catch(() => []);
    return [...(stored ?? []), ...held].sort((a, b) => a.place - b.place);
  }

  /** Forgets the files of a job. */
  async forget(job) {
    this.held = this.held.filter((file) => file.job !== job);
    await this._change((files) => deleteAll(files.index("job").openKeyCursor(IDBKeyRange.only(job)), files)).catch(() => {});
  }

  /** Forgets everything. */
  async clear() {
    this.held = [];
    await this._change((files) => files.clear()).catch(() => {});
  }

  async _put(kept) {
    for (let jobs = MOST_JOBS; ; jobs = Math.floor(jobs / 4)) {
      try {
        return await this._change((files) => kept.forEach((file) => files.put(file)));
      } catch {
        if (jobs === 0) break;
        await this._makeRoom(jobs).catch(() => {});
      }
    }
    this.held.push(...kept);
  }

  /** Forgets all but the newest jobs. */
  async _makeRoom(jobs) {
    const newest = new Map();
    await this._read((files) => {
      const cursor = files.index("kept").openKeyCursor();
      cursor.onsuccess = () => {
        if (!cursor.result) return;
        newest.set(cursor.result.primaryKey[0], cursor.result.key);
        cursor.result.continue();
      };
      return cursor;
    });
    const order = [...newest].sort((a, b) => b[1] - a[1]).map(([job]) => job);
    for (const job of order.slice(jobs)) await this.forget(job);
  }

  async _read(act) {
    const database = await this._open();
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(FILES, "readonly");
      const request = act(transaction.objectStore(FILES));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  }

  async _change(act) {
    const database = await this._open();
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(FILES, "readwrite");
      act(transaction.objectStore(FILES));
      transaction.oncomplete = () => resolve();
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  }

  _open() {
    this.database ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => {
        const files = request.result.createObjectStore(FILES, { keyPath: ["job", "place", "name"] });
        files.createIndex("job", "job");
        files.createIndex("kept", "kept_ms");
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = request.onblocked = () => reject(request.error);
    });
    return this.database;
  }
}

function deleteAll(cursor, files) {
  cursor.onsuccess = () => {
    if (!cursor.result) return;
    files.delete(cursor.result.primaryKey);
    cursor.result.continue();
  };
}
