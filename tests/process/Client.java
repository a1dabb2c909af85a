import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Asks the gateway at PORT as a Java program does by default; prints a line for each answer: its status and body. */
public class Client {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static String url;
    private static boolean close;

    /** Arguments: port, file with one beat, file with a batch, and "close" for a connection for each request. */
    public static void main(String[] arguments) throws Exception {
        url = "http://127.0.0.1:" + arguments[0];
        close = arguments.length > 3 && arguments[3].equals("close");
        for (int round = 0; round < 3; round++) {
            print(CLIENT.send(request("/health").GET().build(), BodyHandlers.ofString()));
            for (int file = 1; file <= 2; file++) {
                print(CLIENT.send(post(BodyPublishers.ofFile(Path.of(arguments[file]))), BodyHandlers.ofString()));
            }
            // without a length, so chunked
            byte[] beat = java.nio.file.Files.readAllBytes(Path.of(arguments[1]));
            print(CLIENT.send(
                post(BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(beat))),
                BodyHandlers.ofString()));
        }
        List<CompletableFuture<HttpResponse<String>>> waiting = new ArrayList<>();
        for (int number = 0; number < 20; number++) {
            waiting.add(CLIENT.sendAsync(
                post(BodyPublishers.ofFile(Path.of(arguments[1]))), BodyHandlers.ofString()));
        }
        for (CompletableFuture<HttpResponse<String>> each : waiting) {
            print(each.get());
        }
    }

    private static HttpRequest post(BodyPublisher body) {
        return request("/predict").header("Content-Type", "application/json").POST(body).build();
    }

    private static HttpRequest.Builder request(String path) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(url + path));
        return close ? builder.header("Connection", "close") : builder;
    }

    private static void print(HttpResponse<String> answer) {
        System.out.println(answer.statusCode() + " " + answer.body().strip());
    }
}
