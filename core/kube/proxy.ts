/** The way to the cluster leads through this proxy; `url` may hold a password and never goes into a text. */
export interface ProxyTarget {
  /** http:, https:, socks5: or socks5h: */
  readonly url: URL;
  /** What an https: proxy is verified by, besides the system's authorities. */
  readonly ca: string | undefined;
  readonly rejectUnauthorized: boolean;
}
