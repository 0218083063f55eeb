/** The cookies of one request: its own before those of the iteration, which are kept where they always are. */
@CompileStatic
class Cookies extends CookieManager {
    private final CookieManager jar
    private final String own

    Cookies(HTTPSamplerBase sampler) {
        jar = sampler.cookieManager
        own = sampler.headerManager.getFirstHeaderNamed('Cookie').value
    }

    @Override
    String getCookieHeaderForURL(URL url) { [own, jar.getCookieHeaderForURL(url)].findAll().join('; ') }

    @Override
    void addCookieFromHeader(String cookie, URL url) { jar.addCookieFromHeader(cookie, url) }
}
