import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;

/** Asks a gateway about one beat: java examples/Predict.java [URL [FILE]]. */
public class Predict {
    public static void main(String[] arguments) throws IOException, InterruptedException {
        String url = arguments.length > 0 ? arguments[0] : "http://127.0.0.1:5000";
        Path file = Path.of(arguments.length > 1 ? arguments[1] : "examples/beat.json");
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + "/predict?details=true"))
            .header("Content-Type", "application/json")
            .timeout(Duration.ofSeconds(30))
            .POST(BodyPublishers.ofFile(file));
        String key = System.getenv("ECG_API_KEY");
        if (key != null) {
            request.header("Authorization", "Bearer " + key);
        }
        HttpResponse<String> response = HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            System.err.println("The gateway answers " + response.statusCode() + ": " + response.body());
            System.exit(1);
        }
        System.out.println(response.body());
    }
}
