/* Swagger UI on this gateway's own description; nothing is asked of any other host. */
const dark = matchMedia("(prefers-color-scheme: dark)");
const dress = () => {
  const theme = document.documentElement.dataset.theme;
  document.documentElement.classList.toggle("dark-mode", theme ? theme === "dark" : dark.matches);
};
dark.addEventListener("change", dress);
dress();
SwaggerUIBundle({ url: "openapi.json", dom_id: "#api", validatorUrl: null, deepLinking: true });
