/* Light, dark or as the system has it. No module: it runs before the page is drawn. */
(() => {
  const NAME = "ecg-theme";
  const root = document.documentElement;
  const stored = () => {
    try {
      return localStorage.getItem(NAME);
    } catch {
      return null; // storage is forbidden: the choice lasts as long as the page
    }
  };
  const set = (/** @type {string|null} */ theme) => {
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
  };
  set(stored());
  document.addEventListener("DOMContentLoaded", () => {
    const choice = document.getElementById("theme");
    if (!(choice instanceof HTMLSelectElement)) return;
    choice.value = root.dataset.theme ?? "";
    choice.addEventListener("change", () => {
      set(choice.value);
      try {
        localStorage.setItem(NAME, choice.value);
      } catch {
        // as above
      }
    });
  });
})();
