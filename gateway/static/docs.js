/* Swagger UI on this gateway's own description; nothing is asked of any other host. */
SwaggerUIBundle({ url: "openapi.json", dom_id: "#api", validatorUrl: null, deepLinking: true });
