type Headers = Readonly<Record<string, string>>;

/** The provider's id for the request, as OpenAI, Azure and common proxies name it. */
export const requestIdOf = (headers: Headers): string | undefined =>
  headers['x-request-id'] ?? headers['apim-request-id'] ?? headers['request-id'];
