/** A text only known at run time, as each place of a request takes it. */
@CompileStatic
class Quoted {
    static final List<String> PLACES = ['url', 'json', 'bare', 'header', 'text']

    static String of(String place, String text) {
        switch (place) {
            case 'url': return URLEncoder.encode(text, 'UTF-8').replace('+', '%20').replace('*', '%2A').replace('%7E', '~')
            case 'json': def quoted = JsonOutput.toJson(text); return quoted.substring(1, quoted.length() - 1)
            case 'bare': return text ==~ /true|false|null|-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/ ? text : JsonOutput.toJson(text)
            case 'header': return text.replaceAll(/[\x00-\x08\n-\x1f\x7f]/, '')
            default: return text
        }
    }
}
