/**
 * Files that the browser can open again after a reload: it keeps handles of them, which have the path of a file and not what it
 * has. Only some browsers have such handles; where they are not to be had, nothing is kept.
 */

import { isAbort } from "../gateway/failure.js";

const [DATABASE, STORE] = ["ecg-files", "handles"];
const MOST = 10; // openings that are kept

/**
 * @typedef {FileSystemFileHandle & {queryPermission?: () => Promise<string>, requestPermission?: () => Promise<string>}} Handle
 * @typedef {(options: {multiple: boolean}) => Promise<Handle[]>} Pick which only some browsers have, as the other function
 * @typedef {DataTransferItem & {getAsFileSystemHandle?: () => Promise<FileSystemHandle | null>}} Item
 */

/** Can people choose files so that their handles are known? */
export function canPick() {
  return "showOpenFilePicker" in window;
}

/**
 * Let people choose files.
 *
 * @returns {Promise<Handle[]>} none where they change their mind
 */
export async function pick() {
  try {
    return await /** @type {Window & typeof globalThis & {showOpenFilePicker: Pick}} */ (window).showOpenFilePicker({ multiple: true });
  } catch (error) {
    if (isAbort(error)) return [];
    throw error;
  }
}

/**
 * The handles of dropped files. The browser has them during the event only, so call this before any await.
 *
 * @param {DataTransfer} dropped
 * @returns {Promise<Handle[]>}
 */
export async function handlesOf(dropped) {
  /** @type {Item[]} */
  const items = [...dropped.items].filter(({ kind }) => kind === "file");
  const handles = await Promise.all(items.map((item) => item.getAsFileSystemHandle?.())).catch(() => []);
  return /** @type {Handle[]} */ (handles.filter((handle) => handle?.kind === "file"));
}

/**
 * Keep handles under a key, in place of those that had it.
 *
 * @param {string} key
 * @param {Handle[] | Promise<Handle[]>} given
 */
export async function keep(key, given) {
  const handles = await given;
  if (!handles.length) return;
  await inStore("readwrite", (store) => {
    store.add({ key, handles });
    const all = store.getAllKeys(); // in the order in which they came
    all.onsuccess = () => all.result.slice(0, -MOST).forEach((each) => store.delete(each));
    return all;
  });
}

/**
 * @param {string} key
 * @returns {Promise<Handle[] | null>} null where none are kept
 */
export async function kept(key) {
  const all = await inStore("readonly", (store) => store.getAll());
  return all?.findLast((/** @type {{key: string}} */ each) => each.key === key)?.handles ?? null;
}

/**
 * Can these be read without asking?
 *
 * @param {Handle[]} handles
 */
export async function areAllowed(handles) {
  const states = await Promise.all(handles.map((handle) => handle.queryPermission?.() ?? "granted"));
  return states.every((state) => state === "granted");
}

/**
 * Ask people whether these may be read, which the browser allows where they have just pressed something.
 *
 * @param {Handle[]} handles
 */
export async function allow(handles) {
  for (const handle of handles) await handle.requestPermission?.();
  return areAllowed(handles);
}

/**
 * The result of a request to the store; null if there is no storage, or it is forbidden.
 *
 * @param {IDBTransactionMode} mode
 * @template T
 * @param {(store: IDBObjectStore) => IDBRequest<T>} use
 * @returns {Promise<T | null>}
 */
async function inStore(mode, use) {
  try {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { autoIncrement: true });
    const database = await resultOf(opening);
    try {
      return await resultOf(use(database.transaction(STORE, mode).objectStore(STORE)));
    } finally {
      database.close(); // after what was asked for
    }
  } catch {
    return null;
  }
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function resultOf(request) {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}
